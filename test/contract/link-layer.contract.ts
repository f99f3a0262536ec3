import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type {
  AddressCounts,
  LinkEvents,
  LinkLayer,
  ResponderKey,
  Sighting,
} from '../../src/runtime/layer2/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { type Duration, type Link, millis } from '../../src/runtime/platform/ports.ts';

/** What `look` finds, as soon as it finds something; on a busy machine that takes a while. */
function soon<T>(look: () => T | Promise<T>): ReturnType<typeof vi.waitUntil<T>> {
  return vi.waitUntil(look, { timeout: 10_000 });
}

/** A layer with one link `eth0` that can broadcast and has a link-local address, and a neighbor on it. */
export interface LinkWorld {
  readonly layer: LinkLayer;
  /** The neighbor asks for the address; resolves once the request has reached the layer's link. */
  ask(address: IpAddress): Promise<void>;
  /** The neighbor announces the address as its own; resolves once that has reached the layer's link. */
  claim(address: IpAddress): Promise<void>;
  /** The neighbor answers whoever asks for the address from now on, until `close`. */
  answerFor(address: IpAddress): void;
  /** So much time passes for the layer. */
  pass(duration: Duration): Promise<void>;
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
    let sightings: Sighting[];
    let handedOver: IpAddress[];

    const events: LinkEvents = {
      links: (snapshot) => (links = snapshot),
      opened: (key) => opened.push(key),
      failed: (key) => failed.push(key),
      counted: (report) => counts.push(...report),
      answered: () => {},
      announcementFailed: () => {},
      membershipFailed: () => {},
      sighted: (seen) => {
        for (const { address, interfaceName, form, mac } of seen) {
          sightings.push({ address, interfaceName, form, mac });
        }
      },
      handedOver: (address) => handedOver.push(address),
      stoodStill: () => {},
    };

    const total = async (what: 'requests' | 'responses' | 'gratuitous', address: IpAddress) => {
      await layer.report();
      return counts.reduce((sum, each) => sum + (each.address === address ? each[what] : 0), 0);
    };

    async function eth0(): Promise<Link> {
      const isComplete = ({ name, linkLocal }: Link): boolean =>
        name === 'eth0' && linkLocal !== undefined;
      return soon(() => links.find(isComplete));
    }

    async function openOn(protocol: 'arp' | 'ndp'): Promise<ResponderKey> {
      const link = await eth0();
      const key = { protocol, interfaceIndex: link.index };
      layer.open(key, link);
      await soon(() => opened.some((each) => each.protocol === protocol));
      return key;
    }

    beforeEach(async () => {
      links = [];
      opened = [];
      failed = [];
      counts = [];
      sightings = [];
      handedOver = [];
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
      await soon(async () => (await total('gratuitous', web6)) > 0);
      expect(await total('gratuitous', web)).toBe(2);
      expect(await total('gratuitous', web6)).toBe(1);
      expect(await total('gratuitous', stranger)).toBe(0);
    }, 20_000);

    test('says so when a link cannot be opened, and goes on', async () => {
      const link = await eth0();
      const key: ResponderKey = { protocol: 'arp', interfaceIndex: 9999 };
      layer.open(key, { ...link, index: 9999, name: 'gone' });
      await soon(() => failed.length > 0);
      expect(failed).toEqual([key]);
      await openOn('arp');
      await world.ask(web);
      expect(await total('responses', web)).toBe(1);
    }, 20_000);

    test('tells who else announces an address that is owned or watched, and nothing of others', async () => {
      const stranger = '192.0.2.99' as IpAddress;
      await openOn('arp');
      await openOn('ndp');
      layer.watch(web6);
      await layer.report();
      for (const address of [web, web6, stranger]) await world.claim(address);
      const heard = (): string[] => [...new Set(sightings.map((each) => JSON.stringify(each)))];
      await soon(() => heard().length >= 2);
      await layer.report();
      const mac = '00:00:5e:00:53:02';
      const announced = (address: IpAddress) =>
        JSON.stringify({ address, interfaceName: 'eth0', form: 'announcement', mac });
      expect(heard().toSorted()).toEqual([announced(web), announced(web6)]);
    }, 20_000);

    test('does not answer for what it only watches', async () => {
      await openOn('arp');
      layer.watch(web);
      await layer.report();
      await world.ask(web);
      expect(await total('responses', web)).toBe(0);
    }, 20_000);

    test('tells who answers its own questions', async () => {
      const arp = await openOn('arp');
      const ndp = await openOn('ndp');
      layer.own(web6);
      for (const address of [web, web6]) world.answerFor(address);
      layer.inquire(arp, [web]);
      layer.inquire(ndp, [web6]);
      await soon(() => sightings.length >= 2);
      const heard = sightings.map(({ address, form }) => `${address} ${form}`);
      expect(heard.toSorted()).toEqual([`${web} reply`, `${web6} reply`]);
    }, 20_000);

    test('answers for what it hands over until a successor announces it', async () => {
      await openOn('arp');
      layer.handOver(web, millis(60_000));
      await layer.report();
      await world.ask(web);
      expect(await total('responses', web)).toBe(1);
      await world.claim(web);
      await world.ask(web);
      expect(await total('responses', web)).toBe(1);
      expect(handedOver).toEqual([web]);
      expect(sightings).toEqual([]);
    }, 20_000);

    test('lets go at once of what a successor answers for already', async () => {
      await openOn('arp');
      await openOn('ndp');
      layer.own(web6);
      for (const address of [web, web6]) world.answerFor(address);
      for (const address of [web, web6]) layer.handOver(address, millis(60_000));
      await soon(() => handedOver.length >= 2);
      expect(handedOver.toSorted()).toEqual([web, web6].toSorted());
    }, 20_000);

    test('goes on answering for what was announced before, by somebody who does not answer for it any more', async () => {
      await openOn('arp');
      await world.claim(web);
      const before = await total('responses', web);
      layer.handOver(web, millis(60_000));
      await layer.report();
      await world.ask(web);
      expect(await total('responses', web)).toBe(before + 1);
      expect(handedOver).toEqual([]);
    }, 20_000);

    test('hands over no longer than it was told, and announces nothing meanwhile', async () => {
      const arp = await openOn('arp');
      layer.handOver(web, millis(300));
      layer.announce(arp, [web]);
      await world.ask(web);
      expect(await total('responses', web)).toBe(1);
      await world.pass(millis(400));
      await world.ask(web);
      expect(await total('responses', web)).toBe(1);
      expect(await total('gratuitous', web)).toBe(0);
      expect(handedOver).toEqual([web]);
    }, 20_000);

    test('keeps what is owned again while it is handed over', async () => {
      await openOn('arp');
      layer.handOver(web, millis(200));
      layer.own(web);
      await world.pass(millis(300));
      await world.ask(web);
      expect(await total('responses', web)).toBe(1);
      expect(handedOver).toEqual([]);
    }, 20_000);

    test('is silent while suspended, and remembers what it owns', async () => {
      const arp = await openOn('arp');
      layer.suspend();
      layer.announce(arp, [web]);
      await layer.report();
      await world.ask(web);
      expect(await total('responses', web)).toBe(0);
      expect(await total('gratuitous', web)).toBe(0);
      layer.resume();
      await layer.report();
      await world.ask(web);
      expect(await total('responses', web)).toBe(1);
    }, 20_000);
  });
}
