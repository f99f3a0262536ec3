import { describe, expect, test } from 'vitest';
import { readClusterFacts } from '../../../src/migrate/cluster/index.ts';
import { type ApiCall, ApiError } from '../../../src/runtime/kube/index.ts';
import { ClusterObjects } from '../../support/cluster-objects.ts';
import { installedCluster, lbService } from '../../support/installed-cluster.ts';

const SERVICES = 1100;
const OPTIONS = { namespace: 'metallb-system', signal: new AbortController().signal };

/** Forgets lists that are read on, as often as it is told to. */
class Forgetful extends ClusterObjects {
  forgets = 0;

  override async request(call: ApiCall): Promise<unknown> {
    if (call.query?.['continue'] !== undefined && this.forgets > 0) {
      this.forgets -= 1;
      throw new ApiError(410, 'Expired', 'the list is too old');
    }
    return await super.request(call);
  }
}

function manyServices(): Forgetful {
  const { objects } = installedCluster();
  const services = Array.from({ length: SERVICES }, (_, index) => lbService(`s${index}`));
  return new Forgetful([...objects, ...services.flat()]);
}

async function namesRead(cluster: ClusterObjects): Promise<readonly string[] | string> {
  const reading = await readClusterFacts(cluster, OPTIONS);
  if (reading.kind !== 'facts') return reading.why;
  const services = reading.facts.services as readonly { metadata: { name: string } }[];
  return services.map(({ metadata }) => metadata.name);
}

describe('a list of several pages', () => {
  const everyName = Array.from({ length: SERVICES }, (_, index) => `s${index}`);

  test('is read to its end', async () => {
    expect(await namesRead(manyServices())).toEqual(everyName);
  });

  test('that the server forgets in between is read anew, nothing twice', async () => {
    const cluster = manyServices();
    cluster.forgets = 2;
    expect(await namesRead(cluster)).toEqual(everyName);
  });

  test('that the server forgets every time is given up, with its reason', async () => {
    const cluster = manyServices();
    cluster.forgets = Infinity;
    expect(await namesRead(cluster)).toContain('the list is too old');
  });
});
