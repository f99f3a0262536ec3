import { expect, test } from 'vitest';
import { NAMESPACE } from '../../cluster/index.ts';
import { POOL, type Site, WEB } from './site/index.ts';

const inPool = (name: string): object => ({ annotations: { [POOL]: name }, spec: WEB });

/** Which address a Service has, and how it gets another one. */
export function walkThroughAddresses(site: () => Site): void {
  test('comes from the second pool for a Service that names it, and from the first for all others', async () => {
    const { services, outside } = site();
    await services.create('chosen', inPool('reserved'));
    await services.create('plain', { spec: WEB });

    await services.assigned('chosen', '192.0.2.240');
    await services.assigned('plain', '192.0.2.200');

    expect((await outside.reach('192.0.2.240')).pod).toMatch(/^web-/);
    expect((await outside.reach('192.0.2.200')).pod).toMatch(/^web-/);
  });

  test('is never taken unasked from a pool with auto-assign: false, even when no other is left', async () => {
    const { services, complaints } = site();
    complaints.expect(/"IP allocation failed".*"default\/plain"/);
    await site().configure(`
address-pools:
- {name: default, protocol: layer2, addresses: [192.0.2.200/32]}
- {name: reserved, protocol: layer2, auto-assign: false, addresses: [192.0.2.240/29]}
`);
    await site().controllerShows('metallb_allocator_addresses_total{pool="default"}', 1);
    await services.create('first', { spec: WEB });
    await services.assigned('first', '192.0.2.200');

    await services.create('plain', { spec: WEB });

    expect(await site().refusal('plain')).toBe(
      'Failed to allocate IP for "default/plain": no available IPs',
    );
  });

  test('moves when spec.loadBalancerIP is patched: the new one answers and the old one is silent', async () => {
    const { services, outside, cluster } = site();
    await services.create('web', { spec: WEB });
    await services.assigned('web', '192.0.2.200');
    await outside.reach('192.0.2.200');

    const patch = JSON.stringify({ spec: { loadBalancerIP: '192.0.2.210' } });
    await cluster.kubectl.must('patch', 'service', 'web', '--patch', patch);

    await services.assigned('web', '192.0.2.210');
    expect((await outside.reach('192.0.2.210')).pod).toMatch(/^web-/);
    await outside.silent('192.0.2.200');
    const node = await site().announcer('web', '192.0.2.210');
    expect(await outside.neighbor('192.0.2.210')).toBe(cluster.node(node).mac);
    const told = (await services.events('web')).filter(({ reason }) => reason === 'IPAllocated');
    expect(told.map(({ message }) => message).sort()).toEqual([
      'Assigned IP ["192.0.2.200"]',
      'Assigned IP ["192.0.2.210"]',
    ]);
  });

  test('is waited for when the pool is exhausted, and comes when a Service of others goes', async () => {
    const { services, outside, cluster, complaints } = site();
    complaints.expect(/"IP allocation failed".*"default\/third"/);
    for (const name of ['first', 'second']) await services.create(name, inPool('pair'));
    const [freed = ''] = await services.assigned('first');
    await services.assigned('second');

    await services.create('third', inPool('pair'));

    expect(await site().refusal('third')).toBe(
      'Failed to allocate IP for "default/third": no available IPs in pool "pair" for ipv4 IPFamily',
    );
    const [, shown = ''] = await cluster.kubectl.must('get', 'service', 'third');
    expect(shown.split(/ +/)[3]).toBe('<pending>');
    await services.delete('first');
    await services.assigned('third', freed);
    expect((await outside.reach(freed)).pod).toMatch(/^web-/);
  });

  test('is given up for another pool, an address by name, or no address, without a restart', async () => {
    const { services, outside, cluster } = site();
    const list = ['get', 'pods', '-l', 'component=controller', '-o', 'name'];
    const controllers = async (): Promise<readonly string[]> =>
      await cluster.kubectl.must('-n', NAMESPACE, ...list);
    const before = await controllers();
    await services.create('web', { spec: WEB });
    await services.assigned('web', '192.0.2.200');

    await cluster.kubectl.must('annotate', 'service', 'web', `${POOL}=reserved`);
    await services.assigned('web', '192.0.2.240');
    await outside.reach('192.0.2.240');
    await services.create('next', { spec: WEB });
    await services.assigned('next', '192.0.2.200');

    await cluster.kubectl.must('annotate', 'service', 'web', `${POOL}-`);
    await services.change('web', { spec: { loadBalancerIP: '192.0.2.230' } });
    await services.assigned('web', '192.0.2.230');
    await outside.reach('192.0.2.230');
    await outside.silent('192.0.2.240');

    const plain = JSON.stringify({ spec: { type: 'ClusterIP', loadBalancerIP: null } });
    await cluster.kubectl.must('patch', 'service', 'web', '--patch', plain);
    await services.pending('web');
    await outside.silent('192.0.2.230');

    await services.change('web', { spec: { type: 'LoadBalancer' } });
    await services.assigned('web', '192.0.2.201');
    await outside.reach('192.0.2.201');
    expect(await controllers()).toEqual(before);
  });

  test('stays when the wish that led to it is taken back', async () => {
    const { services, outside } = site();
    await services.create('named', { spec: { ...WEB, loadBalancerIP: '192.0.2.209' } });
    await services.create('pooled', inPool('reserved'));
    await services.assigned('named', '192.0.2.209');
    await services.assigned('pooled', '192.0.2.240');

    await services.change('named', { spec: { loadBalancerIP: null } });
    await services.change('pooled', { metadata: { annotations: { [POOL]: null } } });
    await services.create('later', { spec: WEB });

    await services.assigned('later', '192.0.2.200');
    await services.assigned('named', '192.0.2.209');
    await services.assigned('pooled', '192.0.2.240');
    await outside.reach('192.0.2.209');
    await outside.reach('192.0.2.240');
  });
}
