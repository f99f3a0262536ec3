import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Site, allReady, lastWords, openSite, ourPods } from './site.ts';

/** How long a packet takes until its sender sends it once more, and some: it has gone astray by then. */
const ASTRAY = 1500;

let site: Site;

beforeAll(async () => {
  site = await openSite({ nodes: 1, range: '192.0.2.100-192.0.2.119' });
  await allReady(site);
});

afterAll(async () => {
  await site.cluster.close();
});

// A new node's pods begin as soon as its kubelet does, its kube-proxy a moment later. What is sent to the API server's
// address before there are rules for it goes astray, and the kernel takes later packets of that connection the same way.
test('a program that begins before kube-proxy has its rules gets through once it has, without a restart', async ({
  onTestFailed,
}) => {
  onTestFailed(() => lastWords(site));
  const { admin } = site.cluster.plane;
  const [node] = site.cluster.nodes;
  const earlier = new Set(ourPods(site).map(({ container }) => container));
  const rule = ['-d', '10.96.0.1', '-j', 'ACCEPT'];
  for (const chain of ['PREROUTING', 'OUTPUT']) {
    node?.namespace.exec('iptables', '-w', '-t', 'nat', '-I', chain, '1', ...rule);
  }
  for (const label of ['controller', 'speaker']) {
    const gone = `labelSelector=component%3D${label}&gracePeriodSeconds=0`;
    await admin.delete(`/api/v1/namespaces/metallb-system/pods?${gone}`);
  }
  await expect.poll(() => running(earlier), { timeout: 20_000 }).toBe(2);
  await pause(ASTRAY);
  for (const chain of ['PREROUTING', 'OUTPUT']) {
    node?.namespace.exec('iptables', '-w', '-t', 'nat', '-D', chain, ...rule);
  }
  await allReady(site, 30_000);
  expect(ourPods(site).map(({ container }) => container.restarts)).toEqual([0, 0]);
}, 120_000);

/** How many pods run in place of earlier ones. */
function running(earlier: ReadonlySet<unknown>): number {
  return ourPods(site).filter(({ container }) => {
    return !earlier.has(container) && container.state.kind === 'running';
  }).length;
}
