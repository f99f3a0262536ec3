import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/runtime/sources/finding.ts';
import type { Cluster } from '../support/fake-api-server/index.ts';
import {
  WatchedResources,
  peerOf as peer,
  poolOf as pool,
  secretOf,
} from '../support/watched-resources.ts';

const NAMESPACE = 'metallb-system';
let resources: WatchedResources;
let cluster: Cluster;
let taken: Finding[];

beforeEach(async () => {
  resources = await WatchedResources.open();
  ({ cluster, taken } = resources);
});

afterEach(() => cluster.stop());

const create: WatchedResources['create'] = (...given) => resources.create(...given);
const start: WatchedResources['start'] = (...given) => resources.start(...given);
const settled: WatchedResources['settled'] = (until) => resources.settled(until);

describe('passwords', () => {
  beforeEach(() => {
    create('ipaddresspools', pool('teal', '192.0.2.0/28'));
  });

  test('are not looked for where no peer names a Secret', async () => {
    create('bgppeers', peer('spine'));
    start();
    await settled(() => taken.length > 0 && resources.watching);
    expect(cluster.server.count('list', 'secrets')).toBe(0);
  });

  test('come from the Secrets that peers name, and follow their changes', async () => {
    create('bgppeers', peer('spine', 'md5'));
    create('secrets', secretOf('md5', 's3cret'));
    start();
    await settled(() => taken.length > 0);
    const first = taken[0];
    expect(first?.kind === 'config' && first.config.peers[0]?.password?.reveal()).toBe('s3cret');
    cluster.server.store.replace('secrets', secretOf('md5', 'n3w'));
    await settled(() => taken.length === 2);
    const second = taken[1];
    expect(second?.kind === 'config' && second.config.peers[0]?.password?.reveal()).toBe('n3w');
    expect(inspect([taken, cluster.logger.lines], { depth: Infinity })).not.toMatch(/s3cret|n3w/);
  });

  test('are taken whatever octets they are made of', async () => {
    create('bgppeers', peer('spine', 'md5'));
    const stored = secretOf('md5', '');
    create('secrets', { ...stored, data: { password: '*no base64*' } });
    start();
    await settled(() => taken.length > 0);
    expect(taken[0]?.kind).toBe('config');
  });

  test('that are not there yet hold a speaker up, and not a controller', async () => {
    create('bgppeers', peer('spine', 'md5'));
    start();
    await settled(() => taken.length > 0);
    const [first] = taken;
    expect(first?.kind === 'refused' && first.message).toContain('secret');
    create('secrets', secretOf('md5', 's3cret'));
    await settled(() => taken.length === 2);
    expect(taken[1]?.kind).toBe('config');
  });

  test('are not looked for among the Secrets of Helm and of service accounts', async () => {
    create('bgppeers', peer('spine', 'md5'));
    create('secrets', secretOf('md5', 's3cret', 'helm.sh/release.v1'));
    start();
    await settled(() => taken.length > 0);
    expect(taken[0]).toMatchObject({ kind: 'refused', problems: [{ reason: 'secret-not-found' }] });
    cluster.server.store.delete('secrets', `${NAMESPACE}/md5`);
    create('secrets', secretOf('md5', 's3cret', 'Opaque'));
    await settled(() => taken.length === 2);
    expect(taken[1]).toMatchObject({
      kind: 'refused',
      problems: [{ reason: 'secret-wrong-type' }],
    });
  });

  test('that are not there yet do not keep a controller from its pools', async () => {
    create('bgppeers', peer('spine', 'md5'));
    start(true);
    await settled(() => taken.length > 0);
    expect(resources.pools).toEqual(['teal']);
    expect(taken[0]).toMatchObject({ unread: [expect.stringContaining('secret')] });
  });
});
