import { describe, expect, test } from 'vitest';
import { type Wanted, reviseResponders } from '../../src/runtime/layer2/responders.ts';
import type { IpAddress, MacAddress } from '../../src/runtime/net/index.ts';
import type { Link } from '../../src/runtime/platform/ports.ts';
import { aLink } from '../support/fake-link-layer.ts';

const named = (wanted: readonly Wanted[]): string[] =>
  wanted.map(({ key, link }) => `${key.protocol} ${link.name}`);

const served = (link: Link): string[] => named(reviseResponders(new Map(), [link]).open);

/** The responders of these links, as they are once opened. */
function open(...links: Link[]): Map<string, Wanted> {
  const wanted = reviseResponders(new Map(), links).open;
  return new Map(wanted.map((each) => [`${each.key.protocol} ${each.key.interfaceIndex}`, each]));
}

describe('a link is served', () => {
  test.each<[what: string, link: Partial<Link>, responders: string[]]>([
    ['with both protocols', {}, ['arp eth0', 'ndp eth0']],
    ['with both without a cable', { carrier: false }, ['arp eth0', 'ndp eth0']],
    ['with NDP alone if it cannot broadcast', { broadcast: false }, ['ndp eth0']],
    ['not at all if it is down', { up: false }, []],
    ['not at all if it has a master', { enslaved: true }, []],
    ['not at all without ARP', { noArp: true }, []],
  ])('%s', (_what, changes, responders) => {
    expect(served(aLink(changes))).toEqual(responders);
  });

  test('with ARP alone if it has no link-local address', () => {
    const link: Link = { ...aLink() };
    Reflect.deleteProperty(link, 'linkLocal');
    expect(served(link)).toEqual(['arp eth0']);
  });
});

describe('when links change', () => {
  test('nothing happens to those that stay', () => {
    const changes = reviseResponders(open(aLink()), [aLink(), aLink({ index: 3, name: 'eth1' })]);
    expect(named(changes.close)).toEqual([]);
    expect(named(changes.open)).toEqual(['arp eth1', 'ndp eth1']);
    expect(changes.revived).toEqual([]);
  });

  test('those that went are closed', () => {
    expect(named(reviseResponders(open(aLink()), []).close)).toEqual(['arp eth0', 'ndp eth0']);
  });

  test.each<[what: string, changes: Partial<Link>, again: string[]]>([
    ['MAC address', { mac: '00:00:5e:00:53:09' as MacAddress }, ['arp eth0', 'ndp eth0']],
    ['name', { name: 'lan0' }, ['arp lan0', 'ndp lan0']],
    ['link-local address', { linkLocal: 'fe80::9' as IpAddress }, ['ndp eth0']],
  ])('one with another %s is opened anew', (_what, changes, again) => {
    const { close, open: opened } = reviseResponders(open(aLink()), [aLink(changes)]);
    expect(close).toHaveLength(again.length);
    expect(named(opened)).toEqual(again);
  });

  test('a new interface of an old name is another one', () => {
    const { close, open: opened } = reviseResponders(open(aLink()), [aLink({ index: 9 })]);
    expect(named(close)).toEqual(['arp eth0', 'ndp eth0']);
    expect(named(opened)).toEqual(['arp eth0', 'ndp eth0']);
  });

  test('one whose cable is plugged in again is told so', () => {
    const { revived } = reviseResponders(open(aLink({ carrier: false })), [aLink()]);
    expect(named(revived)).toEqual(['arp eth0', 'ndp eth0']);
  });
});
