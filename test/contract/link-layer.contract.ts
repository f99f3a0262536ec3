import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type {
  AddressCounts,
  LinkEvents,
  LinkLayer,
  ResponderKey,
} from '../../src/runtime/layer2/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import type { Link } from '../../src/runtime/platform/ports.ts';

/** A layer with one link `eth0` that can broadcast and has a link-local address, and a neighbor on it. */
export interface LinkWorld {
  readonly layer: LinkLayer;
  /** The neighbor asks for the address; resolves once the request has reached the layer's link. */
  ask(address: IpAddress): Promise<void>;
  close(): Promise<void>;
}

const web = '192.0.2.10' as IpAddress;
const web6 = '2001:db8::a' as IpAddress;

/** What every LinkLayer promises, in memory or on the wire. */
export function linkLayerContract(name: string, makeWorld: () => Promise<LinkWorld>): void {
  describe(`${name} as a LinkLayer`, () => {
    let world: LinkWorld;
    let layer: LinkLayer;
    let end: AbortController;
    let running: Promise<void>;
    let links: readonly Link[];
    let opened: ResponderKey[];
    let failed: ResponderKey[];
    let counts: AddressCounts[];

    const events: LinkEvents = {
      links: (snapshot) => (links = snapshot),
      opened: (key) => opened.push(key),
      failed: (key) => failed.push(key),
      counted: (report) => counts.push(...report),
      answered: () => {},
      announcementFailed: () => {},
      membershipFailed: () => {},
    };

    const total = async (what: 'requests' | 'responses' | 'gratuitous', address: IpAddress) => {
      await layer.report();
      return counts.reduce((sum, each) => sum + (each.address === address ? each[what] : 0), 0);
    };

    async function eth0(): Promise<Link> {
      const isComplete = ({ name, linkLocal }: Link): boolean =>
        name === 'eth0' && linkLocal !== undefined;
      return vi.waitUntil(() => links.find(isComplete), { timeout: 10_000 });
    }

    async function openOn(protocol: 'arp' | 'ndp'): Promise<ResponderKey> {
      const link = await eth0();
      const key = { protocol, interfaceIndex: link.index };
      layer.open(key, link);
      await vi.waitUntil(() => opened.some((each) => each.protocol === protocol));
      return key;
    }

    beforeEach(async () => {
      links = [];
      opened = [];
      failed = [];
      counts = [];
      end = new AbortController();
      world = await makeWorld();
      layer = world.layer;
      layer.own(web);
      running = layer.run(events, end.signal);
    }, 20_000);

    afterEach(async () => {
      end.abort();
      await running;
      await world.close();
    });

    test('tells of its links', async () => {
      expect(await eth0()).toMatchObject({
        name: 'eth0',
        mac: '00:00:5e:00:53:01',
        up: true,
        carrier: true,
        broadcast: true,
        noArp: false,
        enslaved: false,
        linkLocal: 'fe80::200:5eff:fe00:5301',
      });
    }, 20_000);

    test('answers for what it owned before it ran, once opened there, and counts it', async () => {
      await eth0();
      await world.ask(web);
      expect(await total('responses', web)).toBe(0);
      await openOn('arp');
      await world.ask(web);
      await world.ask(web);
      expect(await total('requests', web)).toBe(2);
      expect(await total('responses', web)).toBe(2);
    }, 20_000);

    test('does not answer for what it disowned or was closed on', async () => {
      const key = await openOn('ndp');
      layer.own(web6);
      await layer.report();
      await world.ask(web6);
      expect(await total('responses', web6)).toBe(1);
      layer.disown(web6);
      await layer.report();
      await world.ask(web6);
      layer.own(web6);
      layer.close(key);
      await layer.report();
      await world.ask(web6);
      expect(await total('responses', web6)).toBe(1);
    }, 20_000);

    test('answers on the named interfaces only', async () => {
      await openOn('arp');
      layer.own(web, ['eth7']);
      await layer.report();
      await world.ask(web);
      expect(await total('responses', web)).toBe(0);
      layer.own(web, ['eth7', 'eth0']);
      await layer.report();
      await world.ask(web);
      expect(await total('responses', web)).toBe(1);
    }, 20_000);

    test('announces what is ours and nothing else', async () => {
      const stranger = '192.0.2.99' as IpAddress;
      const arp = await openOn('arp');
      const ndp = await openOn('ndp');
      layer.own(web6);
      layer.announce(arp, [web, stranger]);
      layer.announce(ndp, [web6]);
      await vi.waitUntil(async () => (await total('gratuitous', web6)) > 0);
      expect(await total('gratuitous', web)).toBe(2);
      expect(await total('gratuitous', web6)).toBe(1);
      expect(await total('gratuitous', stranger)).toBe(0);
    }, 20_000);

    test('says so when a link cannot be opened, and goes on', async () => {
      const link = await eth0();
      const key: ResponderKey = { protocol: 'arp', interfaceIndex: 9999 };
      layer.open(key, { ...link, index: 9999, name: 'gone' });
      await vi.waitUntil(() => failed.length > 0);
      expect(failed).toEqual([key]);
      await openOn('arp');
      await world.ask(web);
      expect(await total('responses', web)).toBe(1);
    }, 20_000);
  });
}
