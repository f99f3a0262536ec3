import type { Span } from '../yaml/tree.ts';

/** The error classes of legacy.md §1.15 that concern the meaning of a document rather than its form. */
export type RuleReason =
  | `peer-${'missing-my-asn' | 'missing-peer-asn' | 'bad-address' | 'bad-hold-time' | 'bad-keepalive'}`
  | `peer-${'keepalive-exceeds-hold' | 'bad-router-id' | 'bad-source-address' | 'ibgp-multihop'}`
  | `peer-${'bad-node-selector' | 'duplicate' | 'unknown-bfd-profile'}`
  | `pool-${'missing-name' | 'no-addresses' | 'missing-protocol' | 'unknown-protocol'}`
  | `pool-${'layer2-with-advertisements' | 'duplicate-name' | 'bad-cidr' | 'bad-range'}`
  | `pool-${'reversed-range' | 'overlap'}`
  | `aggregation-${'too-long' | 'v6-too-long' | 'too-short'}`
  | `ad-${'duplicate' | 'community-duplicate' | 'community-invalid'}`
  | 'community-alias-invalid'
  | `bfd-${'missing-name' | 'duplicate-name' | 'out-of-range'}`
  | `native-${'bfd-profile' | 'keepalive-time' | 'bfd-section' | 'ipv6-pool'}`
  | `frr-${'router-id-mismatch' | 'my-asn-mismatch' | 'duplicate-peer'}`;

/** Where in the document a rule is broken, and what was probably meant. */
export interface Fault {
  readonly reason: RuleReason;
  /** Relative to the element at hand until {@link within} completes it. */
  readonly path: string;
  readonly span: Span;
  readonly didYouMean?: string | undefined;
}

/** A document that breaks a rule: the first one, as the original stops there. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly fault: Fault;

  /** @param message - the original's text. */
  constructor(message: string, fault: Fault) {
    super(message);
    this.fault = fault;
  }
}

/** Runs the checks of one element; a refusal gets the element's prefix and its place in the document. */
export function within<T>(prefix: string, path: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const inner = error.fault.path;
    const dot = inner === '' || inner.startsWith('[') ? '' : '.';
    throw new Refusal(prefix + error.message, { ...error.fault, path: `${path}${dot}${inner}` });
  }
}
