import { describe, expect, test } from 'vitest';
import { eventually } from '../../cluster/index.ts';
import { type Answer, type Site, WEB } from './site/index.ts';

const ADDRESS = '192.0.2.205';
const pinned = { loadBalancerIP: ADDRESS };
const keyed = (key: string): Readonly<Record<string, string>> => ({
  'metallb.universe.tf/allow-shared-ip': key,
});

/** Several Services on one address. */
export function walkThroughSharing(site: () => Site): void {
  test('is shared by TCP and UDP of one port, and both are served by the same node', async () => {
    const { services, outside, cluster } = site();
    const container = { name: 'echo', image: 'metal-lb/echo' };
    const env = [
      { name: 'PORT', value: '53' },
      { name: 'UDP_PORT', value: '53' },
    ];
    await site().deploy('dns', { containers: [{ ...container, env }] });
    const spec = { selector: { app: 'dns' }, ...pinned };
    const wish = { annotations: keyed('dns'), spec };
    await services.create('dns-tcp', { ...wish, ports: [['TCP', 53]] });
    await services.create('dns-udp', { ...wish, ports: [['UDP', 53]] });

    await services.assigned('dns-tcp', ADDRESS);
    await services.assigned('dns-udp', ADDRESS);

    expect((await outside.reach(`${ADDRESS}:53`)).pod).toMatch(/^dns-/);
    const answer = await eventually('UDP is answered', async () => {
      return await cluster.client.datagram(ADDRESS, 53, 'who are you?');
    });
    expect((JSON.parse(answer) as Answer).pod).toMatch(/^dns-/);
    const node = await site().announcer('dns-tcp', ADDRESS);
    expect(await site().announcer('dns-udp', ADDRESS)).toBe(node);
    expect(await outside.arping(ADDRESS)).toEqual([cluster.node(node).mac]);
    await site().controllerShows('metallb_allocator_addresses_in_use_total{pool="default"}', 1);
  });

  describe('is refused to a Service', () => {
    test('of another key; it is told who has the address, and gets it when that one goes', async () => {
      const { services, outside } = site();
      complaintsAbout(site(), 'late');
      await services.create('early', { annotations: keyed('a'), spec: { ...WEB, ...pinned } });
      await services.assigned('early', ADDRESS);

      await services.create('late', {
        annotations: keyed('b'),
        spec: { ...WEB, ports: [{ port: 81, targetPort: 8080 }], ...pinned },
      });

      expect(await site().refusal('late')).toBe(
        `Failed to allocate IP for "default/late": can't change sharing key for "default/late", address also in use by default/early`,
      );
      await outside.reach(ADDRESS);
      await services.delete('early');
      await services.assigned('late', ADDRESS);
      await outside.reach(`${ADDRESS}:81`);
    });

    test('that wants a port which another has; it is told which', async () => {
      const { services } = site();
      complaintsAbout(site(), 'late');
      const wish = { annotations: keyed('a'), spec: { ...WEB, ...pinned } };
      await services.create('early', wish);
      await services.assigned('early', ADDRESS);

      await services.create('late', wish);

      expect(await site().refusal('late')).toBe(
        `Failed to allocate IP for "default/late": port TCP/80 is already in use on "${ADDRESS}"`,
      );
    });

    test('whose policy is Local and whose pods are others than those of the first', async () => {
      const { services, outside } = site();
      complaintsAbout(site(), 'late');
      const local = { externalTrafficPolicy: 'Local', ...pinned };
      await services.create('early', { annotations: keyed('a'), spec: { ...WEB, ...local } });
      await services.assigned('early', ADDRESS);

      const selector = { app: 'elsewhere' };
      await services.create('late', {
        annotations: keyed('a'),
        ports: [['TCP', 81]],
        spec: { selector, ...local },
      });

      expect(await site().refusal('late')).toBe(
        `Failed to allocate IP for "default/late": can't change sharing key for "default/late", address also in use by default/early`,
      );
      await outside.reach(ADDRESS);
      await services.change('late', { spec: { selector: WEB.selector } });
      await services.assigned('late', ADDRESS);
    });
  });

  test('is left by a Service that changes its key, with an Event that says why', async () => {
    const { services, outside } = site();
    const wish = { annotations: keyed('a'), spec: { ...WEB, ...pinned } };
    await services.create('stays', wish);
    await services.assigned('stays', ADDRESS);
    const ports = [{ port: 81, targetPort: 8080 }];
    await services.create('leaves', { ...wish, spec: { ...wish.spec, ports } });
    await services.assigned('leaves', ADDRESS);

    await services.change('leaves', {
      metadata: { annotations: keyed('b') },
      spec: { loadBalancerIP: null },
    });

    await services.assigned('leaves', '192.0.2.200');
    const { message } = await services.event('leaves', 'ClearAssignment');
    expect(message).toContain('address also in use by default/stays');
    await outside.reach('192.0.2.200:81');
    await outside.reach(ADDRESS);
    await outside.refused(`${ADDRESS}:81`);
  });
}

/** The controller says in its log what the Event says. */
function complaintsAbout({ complaints }: Site, name: string): void {
  complaints.expect(new RegExp(`"IP allocation failed".*"default/${name}"`));
}
