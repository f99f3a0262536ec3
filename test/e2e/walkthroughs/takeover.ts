import { type TestContext, expect, test } from 'vitest';
import { NAMESPACE, eventually } from '../../cluster/index.ts';
import { type Site, WEB } from './site/index.ts';

/** More than the speakers take to list each other's pods, about every ten seconds, on a machine that is busy. */
const WITHIN = 45_000;
const TIMEOUT = 120_000;

/** What clients see when the speaker that announces an address goes. */
export function walkThroughTakeover(site: () => Site): void {
  test(
    'whose pod is deleted is missed for a moment only, and its address stays with its node',
    async (context) => {
      const { outside, cluster } = site();
      const { address, node } = await serve(site());
      const speaker = site()
        .speakers()
        .find((pod) => pod.node.name === node);

      const since = performance.now();
      await kubectl(site(), '-n', NAMESPACE, 'delete', 'pod', speaker?.pod.metadata?.name ?? '');

      await eventually('somebody answers', async () => await anyAnswer(site(), address), WITHIN);
      await tell(context, 'asked by ARP, somebody answered', since);
      await outside.neighbor(address);
      await outside.reach(address);
      await site().complete();
      expect(await site().announcer('web', address)).toBe(node);
      expect(await outside.arping(address)).toEqual([cluster.node(node).mac]);
    },
    TIMEOUT,
  );

  test(
    'whose node may run none any more is followed by another, which tells clients that did not ask',
    async (context) => {
      const { outside, cluster } = site();
      const { address, node } = await serve(site());
      const { mac } = cluster.node(node);
      expect(await outside.neighbor(address)).toBe(mac);

      const since = performance.now();
      await kubectl(site(), 'label', 'node', node, '--overwrite', 'kubernetes.io/os=none');

      const other = await eventually(
        'the client hears of another node',
        () => {
          const now = cluster.client.neighbor(address);
          return now === mac ? undefined : now;
        },
        WITHIN,
      );
      await tell(context, 'another node took over', since);
      await outside.reach(address);
      const successor = await site().announcer('web', address);
      expect(cluster.node(successor).mac).toBe(other);
      expect(await outside.arping(address)).toEqual([other]);
      await kubectl(site(), 'label', 'node', node, '--overwrite', 'kubernetes.io/os=linux');
      await site().complete();
      expect(await site().announcer('web', address)).toBe(node);
      await outside.reach(address);
    },
    TIMEOUT,
  );
}

/** A Service that is reached, and the node that announces it. */
async function serve(site: Site): Promise<{ readonly address: string; readonly node: string }> {
  await site.services.create('web', { spec: WEB });
  const [address = ''] = await site.services.assigned('web');
  await site.outside.reach(address);
  return { address, node: await site.announcer('web', address) };
}

async function anyAnswer({ outside }: Site, address: string): Promise<true | undefined> {
  return (await outside.arping(address)).length > 0 || undefined;
}

async function kubectl({ cluster }: Site, ...args: readonly string[]): Promise<void> {
  await cluster.kubectl.must(...args);
}

async function tell({ annotate }: TestContext, what: string, since: number): Promise<void> {
  await annotate(`${what} after ${((performance.now() - since) / 1000).toFixed(1)} s`);
}
