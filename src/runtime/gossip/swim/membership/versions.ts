import type { MemberRecord, MemberState, Versions } from '../../protocol/message.ts';

/** What a member, known here or told by the other side, says of the versions it speaks. */
type Speaker = Pick<MemberRecord, 'node' | 'state' | 'versions'>;

/** Least and greatest of one version that everybody alive understands. */
interface Span {
  readonly least: number;
  readonly greatest: number;
}

const Position = { protocol: 0, delegate: 3 } as const;
const ALIVE: MemberState = 'alive';

/** Whether the versions say of a protocol what none can mean. memberlist-wire.md §11.1 */
export function areWrong(versions: Versions): boolean {
  const [min = 0, max = 0] = versions;
  return versions.length >= 3 && (min === 0 || max === 0 || min > max);
}

/**
 * Why states must not be merged, if they must not: some member speaks a version that not everybody alive on either side
 * understands. A member that says nothing speaks version 0. memberlist-wire.md §11.5
 */
export function whyIncompatible(
  remote: readonly Speaker[],
  local: readonly Speaker[],
): string | undefined {
  const everybody = [...remote, ...local];
  const heard = everybody.filter(({ state, versions }) => state === ALIVE && versions.length > 0);
  const protocol = spanOf(heard, Position.protocol);
  const delegate = spanOf(heard, Position.delegate);
  for (const { node, versions } of everybody) {
    const [protocolNow, delegateNow] = [versions[2] ?? 0, versions[5] ?? 0];
    if (!within(protocolNow, protocol)) return complaint(node, 'protocol', protocolNow, protocol);
    if (!within(delegateNow, delegate)) {
      return complaint(node, 'delegate protocol', delegateNow, delegate);
    }
  }
  return undefined;
}

function spanOf(speakers: readonly Speaker[], position: number): Span {
  let [least, greatest] = [0, 255];
  for (const { versions } of speakers) {
    least = Math.max(least, versions[position] ?? 0);
    greatest = Math.min(greatest, versions[position + 1] ?? 0);
  }
  return { least, greatest };
}

const within = (version: number, { least, greatest }: Span): boolean =>
  least <= version && version <= greatest;

const complaint = (node: string, what: string, version: number, span: Span): string =>
  `Node '${node}' ${what} version (${version}) is incompatible: [${span.least}, ${span.greatest}]`;
