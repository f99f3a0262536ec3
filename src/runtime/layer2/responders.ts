import type { Link } from '../platform/ports.ts';
import type { ResponderKey } from './link-layer.ts';

/** A responder that should be, on a link as it is now. */
export interface Wanted {
  readonly key: ResponderKey;
  readonly link: Link;
}

/** From what is to what should be. */
export interface ResponderChanges {
  readonly close: readonly Wanted[];
  readonly open: readonly Wanted[];
  /** Responders that stay, whose link has just got its carrier back. */
  readonly revived: readonly Wanted[];
}

/**
 * Which protocols a link is served with: none if it is down, has a master that speaks for it, or does without ARP;
 * ARP if it can broadcast; NDP if it has a link-local address. legacy.md §5.1
 */
function wantedOn(link: Link): Wanted[] {
  if (!link.up || link.enslaved || link.noArp) return [];
  const wanted: Wanted[] = [];
  const interfaceIndex = link.index;
  if (link.broadcast) wanted.push({ key: { protocol: 'arp', interfaceIndex }, link });
  if (link.linkLocal !== undefined) wanted.push({ key: { protocol: 'ndp', interfaceIndex }, link });
  return wanted;
}

/**
 * Compares the responders that are with those that the links want now. One whose link got another name, hardware or
 * link-local address is closed and opened anew, since it answers with these.
 *
 * @param current - by {@link nameOf}
 */
export function reviseResponders(
  current: ReadonlyMap<string, Wanted>,
  links: readonly Link[],
): ResponderChanges {
  const wanted = new Map(links.flatMap(wantedOn).map((each) => [nameOf(each.key), each]));
  const close = [...current].flatMap(([name, each]) => {
    const next = wanted.get(name);
    return next !== undefined && isSame(each, next) ? [] : [each];
  });
  const open: Wanted[] = [];
  const revived: Wanted[] = [];
  for (const [name, each] of wanted) {
    const before = current.get(name);
    if (before === undefined || !isSame(before, each)) open.push(each);
    else if (!before.link.carrier && each.link.carrier) revived.push(each);
  }
  return { close, open, revived };
}

/** A responder's name while it exists: the interface index, not the interface's name, is what stays. */
export function nameOf({ protocol, interfaceIndex }: ResponderKey): string {
  return `${protocol} ${interfaceIndex}`;
}

function isSame({ key, link: a }: Wanted, { link: b }: Wanted): boolean {
  if (a.name !== b.name || a.mac !== b.mac) return false;
  return key.protocol === 'arp' || a.linkLocal === b.linkLocal;
}
