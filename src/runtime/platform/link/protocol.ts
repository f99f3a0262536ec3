import type { IpAddress, MacAddress } from '../../net/index.ts';
import type { Counts, Ledger } from './ledger.ts';
import type { Link } from '../ports.ts';
import type { FilterInstruction } from '../socket/libc.ts';
import type { ThreadCommand, ThreadReport } from '../socket/socket-thread.ts';

export type ProtocolName = 'arp' | 'ndp';

/** A protocol on one link, by which both threads know the socket that serves it. */
export interface ResponderKey {
  readonly protocol: ProtocolName;
  readonly interfaceIndex: number;
}

/** Who asked for what, for the debug log. */
export interface AnsweredRequest {
  readonly interfaceName: string;
  readonly address: IpAddress;
  readonly senderIp: IpAddress;
  readonly senderMac: MacAddress;
  readonly responseMac: MacAddress;
}

/** What a foreign frame says of an address; the port of layer2 tells of each. */
export type SightingForm = 'announcement' | 'reply' | 'probe';

/** Who else spoke for an address that is owned or watched here. */
export interface Sighting {
  readonly address: IpAddress;
  readonly mac: MacAddress;
  readonly interfaceName: string;
  readonly form: SightingForm;
}

/** What a protocol's package decides about frames; bin/link-worker.ts joins it to the sockets. */
export interface Protocol {
  readonly etherType: number;
  /** What the kernel passes on. */
  readonly filter: readonly FilterInstruction[];
  /** What answers on one link; asks `ledger` whose the target is. */
  responder(link: Link, ledger: Ledger): FrameResponder;
  /** The unsolicited frames that tell `link` where `address` is. */
  announcements(link: Link, address: IpAddress): readonly Uint8Array[];
  /** The frame that asks `link` who has `address`, as {@link Ledger} may own it and others may not learn from it. */
  question(link: Link, address: IpAddress): Uint8Array;
}

/** The hot path of one link. */
export interface FrameResponder {
  /** The answer, valid until the next call, if the `length` octets of `frame` deserve one. */
  answer(frame: Uint8Array, length: number): Uint8Array | undefined;
  /** Reads a frame that was answered. */
  sender(frame: Uint8Array): { readonly mac: MacAddress; readonly ip: IpAddress };
  /** Whether a frame that deserves an answer claims the very address that it asks for. */
  announces(frame: Uint8Array): boolean;
  /**
   * What the frame says of an address that the ledger knows on this link, which is then the ledger's `hit`. Writes the
   * sender's six octets to `claimant`.
   */
  hear(frame: Uint8Array, length: number, claimant: Uint8Array): SightingForm | undefined;
}

/** From the program to the thread that holds the sockets. */
export type LinkCommand =
  | { readonly type: 'open'; readonly key: ResponderKey; readonly link: Link }
  | { readonly type: 'close'; readonly key: ResponderKey }
  | {
      readonly type: 'own';
      readonly address: IpAddress;
      readonly interfaces: readonly string[] | undefined;
    }
  | { readonly type: 'disown'; readonly address: IpAddress }
  | {
      readonly type: 'watch';
      readonly address: IpAddress;
      readonly interfaces: readonly string[] | undefined;
    }
  /** `within` in milliseconds. */
  | { readonly type: 'handOver'; readonly address: IpAddress; readonly within: number }
  | {
      readonly type: 'inquire';
      readonly key: ResponderKey;
      readonly addresses: readonly IpAddress[];
    }
  | { readonly type: 'suspend' }
  | { readonly type: 'resume' }
  /** In milliseconds. */
  | { readonly type: 'limitPauses'; readonly limit: number }
  | {
      readonly type: 'announce';
      readonly key: ResponderKey;
      readonly addresses: readonly IpAddress[];
    }
  | ThreadCommand;

/** From the thread that holds the sockets to the program. */
export type LinkReport =
  | { readonly type: 'links'; readonly links: readonly Link[] }
  | { readonly type: 'opened'; readonly key: ResponderKey }
  /** Opening failed, or the socket did later; nothing is answered there any more. */
  | { readonly type: 'failed'; readonly key: ResponderKey; readonly error: string }
  | { readonly type: 'counts'; readonly counts: readonly Counts[] }
  | { readonly type: 'answered'; readonly requests: readonly AnsweredRequest[] }
  | {
      readonly type: 'announcementFailed';
      readonly key: ResponderKey;
      readonly address: IpAddress;
      readonly error: string;
    }
  | { readonly type: 'sighted'; readonly sightings: readonly Sighting[] }
  | { readonly type: 'handedOver'; readonly address: IpAddress }
  /** In milliseconds. */
  | { readonly type: 'stoodStill'; readonly duration: number }
  | ThreadReport;
