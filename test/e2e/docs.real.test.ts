import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type Cluster, startCluster } from '../cluster/index.ts';
import { Shell } from '../docs/walk/shell.ts';
import { scenesOf } from '../docs/walk/walk.ts';

const PAGES = readdirSync('docs/operator').map((name) => `docs/operator/${name}`);
/** A rollout waits for probes that begin after ten seconds, and some scenes have several. */
const SCENE_MS = 300_000;

describe.each(PAGES.filter((page) => scenesOf(page).length > 0))('%s', (page) => {
  let cluster: Cluster;
  let shell: Shell;

  beforeAll(async () => {
    // This host has no kube-proxy: the API server must find the webhook's pod by itself.
    const flags = ['--enable-aggregator-routing=true'];
    cluster = await startCluster({ nodes: 2, flags });
    shell = new Shell(cluster);
  });

  afterAll(async () => {
    await cluster.close();
  });

  for (const { name, play } of scenesOf(page)) {
    test(
      `does what it says from ${name} on`,
      async () => {
        await play(cluster, shell);
      },
      SCENE_MS,
    );
  }
});
