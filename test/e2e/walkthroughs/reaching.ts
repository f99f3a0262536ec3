import { expect, onTestFinished, test } from 'vitest';
import { type Site, WEB } from './site/index.ts';

/** A first Service, and what else can be asked of its address. */
export function walkToAService(site: () => Site): void {
  test('is served by the node that its Event names, whose speaker alone says that it announces it', async () => {
    const { services, outside, cluster } = site();
    await services.create('web', { spec: WEB });

    const [address = ''] = await services.assigned('web');

    expect(address).toBe('192.0.2.200');
    expect((await outside.reach(address)).pod).toMatch(/^web-/);
    const node = await site().announcer('web', address);
    expect(await outside.neighbor(address)).toBe(cluster.node(node).mac);
    const told = (await services.events('web')).filter(({ reason }) => reason === 'nodeAssigned');
    expect(told.map(({ type, message, source }) => [type, message, source?.component])).toEqual([
      ['Normal', `announcing from node "${node}"`, 'metallb-speaker'],
    ]);
  });

  test('is spread over the pods of all nodes, whichever node takes the traffic', async () => {
    const { services, outside } = site();
    await services.create('web', { spec: WEB });
    const [address = ''] = await services.assigned('web');

    const answers = await outside.reachAgain(address, 40);

    expect(new Set(answers.map(({ pod }) => pod)).size).toBe(3);
  });

  test('answers arping and does not answer ping, since no host owns its address', async () => {
    const { services, outside, cluster } = site();
    await services.create('web', { spec: WEB });
    const [address = ''] = await services.assigned('web');
    await outside.reach(address);
    const node = cluster.node(await site().announcer('web', address));

    expect(await outside.arping(address)).toEqual([node.mac]);
    // The node knows the way no better than anyone: it asks the segment for the address, and gives up.
    const said = await outside.ping(address);
    expect(said).toContain('1 packets transmitted, 0 received');
    expect(said).toContain(`From ${node.address} icmp_seq=1 Destination Host Unreachable`);
    expect(node.namespace.ip('-brief', 'address', 'show', 'to', address)).toBe('');
  });

  test('is kept from clients outside its loadBalancerSourceRanges', async () => {
    const { services, outside } = site();
    const stranger = '192.0.2.51';
    const second = [`${stranger}/24`, 'dev', 'eth0'];
    outside.host.namespace.ip('address', 'add', ...second);
    onTestFinished(() => void outside.host.namespace.ip('address', 'del', ...second));
    const spec = { ...WEB, loadBalancerSourceRanges: [`${outside.host.address}/32`] };
    await services.create('web', { spec });
    const [address = ''] = await services.assigned('web');

    await outside.reach(address, '--interface', outside.host.address);
    await outside.refused(address, '--interface', stranger);

    await services.change('web', { spec: { loadBalancerSourceRanges: [`${stranger}/32`] } });
    await outside.reach(address, '--interface', stranger);
    await outside.refused(address, '--interface', outside.host.address);
  });
}
