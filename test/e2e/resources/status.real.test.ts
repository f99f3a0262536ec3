import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ControlPlane,
  Installation,
  Kubectl,
  NAMESPACE,
  type RunningProgram,
  Services,
  eventsAbout,
  eventually,
  never,
  startControlPlane,
} from '../../cluster/index.ts';
import { CustomResources, type Kind } from './custom-resources.ts';

const IN = ['-n', NAMESPACE] as const;
const UNADVERTISED = 'metallb_allocator_services_unadvertised{pool="teal"}';
const STALE = 'metallb_k8s_client_config_stale_bool';
const FLAGS = ['--compat=v0.13', '--webhook-mode=disabled'];

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}

interface Pool {
  readonly metadata: { readonly resourceVersion: string; readonly generation: number };
  readonly status?: { readonly assignedIPv4?: number; readonly conditions?: readonly Condition[] };
}

let plane: ControlPlane;
let kubectl: Kubectl;
let resources: CustomResources;
let services: Services;
let installation: Installation;
let controller: RunningProgram;
let made: [Kind, string][];

/** A control plane with an old install, made ready for a controller that reads resources. */
async function open(prepare: () => Promise<unknown>): Promise<void> {
  plane = await startControlPlane({ dualStack: true, audit: true });
  kubectl = new Kubectl(plane);
  services = new Services(plane.admin);
  resources = CustomResources.of(plane);
  made = [];
  installation = await Installation.apply(plane);
  await prepare();
  controller = await (await installation.startController({ flags: FLAGS })).ready();
}

async function close(): Promise<void> {
  await controller.stop();
  await plane.close();
}

async function tidy(): Promise<void> {
  await services.clear();
  for (const [kind, name] of made.splice(0).reverse()) await resources.delete(kind, name);
}

async function create(kind: Kind, name: string, spec: object): Promise<void> {
  await resources.create(kind, name, spec);
  made.push([kind, name]);
}

async function wait(condition: string, what: string): Promise<void> {
  await eventually(`${what} is ${condition}`, async () => {
    const line = ['wait', ...IN, `--for=condition=${condition}`, '--timeout=1s', what];
    return (await kubectl.run(...line)).code === 0;
  });
}

async function conditionOf(kind: Kind, name: string, type: string): Promise<Condition | undefined> {
  const { status } = await resources.get<Pool>(kind, name);
  return status?.conditions?.find((condition) => condition.type === type);
}

async function shows(sample: string, value: number | undefined): Promise<void> {
  await eventually(`${sample} is ${String(value)}`, async () => {
    const found = (await controller.metrics()).get(sample);
    if (found !== value) throw new Error(`it is ${String(found)}`);
    return true;
  });
}

function statusWrites(): string[] {
  const own = `system:serviceaccount:${NAMESPACE}:controller`;
  return plane
    .audit()
    .filter(({ user, verb }) => user.username === own && verb === 'patch')
    .map(({ requestURI }) => requestURI)
    .filter((uri) => uri.includes('/metallb.io/'));
}

function forbidden(): string[] {
  return plane
    .audit()
    .filter(({ responseStatus }) => responseStatus?.code === 403)
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
}

describe('with our CRDs and the rights of our manifests', () => {
  beforeAll(async () => {
    await open(() =>
      eventually(
        'the manifests are applied',
        async () => {
          await kubectl.must('apply', '-k', 'manifests/v0.13/overlays/no-webhook');
          return true;
        },
        30_000,
      ),
    );
  }, 120_000);

  afterEach(tidy);
  afterAll(close);

  test('the status of a pool counts, by family, what Services have of it and what is left', async () => {
    await create('L2Advertisement', 'all', {});
    await create('IPAddressPool', 'teal', { addresses: ['192.0.2.0/29', '2001:db8::/64'] });
    for (const name of ['a', 'b']) await services.create(name);
    const ipFamilyPolicy = 'RequireDualStack';
    await services.create('c', { spec: { ipFamilyPolicy } });
    await yamlSays(['assignedIPv4: 3', 'assignedIPv6: 1', 'availableIPv4: 5']);
    await yamlSays(['availableIPv6: 9007199254740991']);

    await services.delete('a');
    await services.delete('c');

    await yamlSays(['assignedIPv4: 1', 'assignedIPv6: 0', 'availableIPv4: 7']);
    const metrics = await controller.metrics();
    expect(metrics.get('metallb_allocator_ipv4_addresses_total{pool="teal"}')).toBe(8);
    expect(metrics.get('metallb_allocator_ipv4_addresses_in_use_total{pool="teal"}')).toBe(1);
    expect(metrics.get('metallb_allocator_ipv6_addresses_in_use_total{pool="teal"}')).toBe(0);
  });

  test('kubectl can wait until what was applied is in force and announced', async () => {
    await create('IPAddressPool', 'teal', { addresses: ['192.0.2.0/29'] });
    await create('L2Advertisement', 'all', {});
    await create('Community', 'quiet', { communities: [{ name: 'quiet', value: '64512:1' }] });
    const peer = { myASN: 64512, peerASN: 64513, peerAddress: '192.0.2.254' };
    await create('BGPPeer', 'spine', peer);
    await wait('Advertised', 'ipaddresspool/teal');
    for (const what of ['ipaddresspool/teal', 'l2advertisement/all', 'community/quiet']) {
      await wait('Accepted', what);
    }
    await wait('Accepted', 'bgppeer/spine');
    const accepted = await conditionOf('IPAddressPool', 'teal', 'Accepted');
    expect(accepted).toMatchObject({ reason: 'InForce', observedGeneration: 1 });
  });

  test('a Service is told when no advertisement covers its pool, and when one does', async () => {
    await create('IPAddressPool', 'teal', { addresses: ['192.0.2.7/32'] });
    // Until then the last pool of the test before is in force.
    await wait('Accepted', 'ipaddresspool/teal');
    await services.create('web');
    await services.assigned('web', '192.0.2.7');

    await eventually('the Service says so', async () => {
      const lines = await kubectl.must('describe', 'service', 'web');
      return lines.some((line) =>
        /Warning +NotAdvertised .*192\.0\.2\.7 of pool "teal"/.test(line),
      );
    });
    await shows(UNADVERTISED, 1);
    await wait('Advertised=false', 'ipaddresspool/teal');
    const condition = await conditionOf('IPAddressPool', 'teal', 'Advertised');
    expect(condition).toMatchObject({ reason: 'NoAdvertisement' });
    expect(condition?.message).toContain('nobody announces');

    await create('L2Advertisement', 'all', {});

    await services.event('web', 'Advertised');
    await wait('Advertised', 'ipaddresspool/teal');
    await shows(UNADVERTISED, undefined);
    const told = (await services.events('web')).filter(({ reason }) => reason === 'NotAdvertised');
    expect(told.map(({ count }) => count)).toEqual([1]);
  });

  test('an object that is refused says why, in its status, by an Event and by the metric', async () => {
    await create('IPAddressPool', 'teal', { addresses: ['192.0.2.0/29'] });
    await create('L2Advertisement', 'all', {});
    await wait('Accepted', 'ipaddresspool/teal');
    const before = await conditionOf('IPAddressPool', 'teal', 'Accepted');

    await create('IPAddressPool', 'umber', { addresses: ['192.0.2.4/30'] });

    await wait('Accepted=false', 'ipaddresspool/umber');
    const refused = await conditionOf('IPAddressPool', 'umber', 'Accepted');
    expect(refused).toMatchObject({ reason: 'OverlappingCidr', observedGeneration: 1 });
    expect(refused?.message).toContain('overlaps with already defined CIDR');
    await shows(STALE, 1);
    await event('umber', 'ConfigRejected', 'overlaps with already defined CIDR');
    expect(await conditionOf('IPAddressPool', 'teal', 'Accepted')).toEqual(before);

    await resources.change('IPAddressPool', 'umber', { addresses: ['198.51.100.4/30'] });

    await wait('Accepted', 'ipaddresspool/umber');
    await event('umber', 'ConfigAccepted', 'valid again');
    await shows(STALE, 0);
    const mended = await conditionOf('IPAddressPool', 'umber', 'Accepted');
    expect(mended).toMatchObject({ reason: 'InForce', observedGeneration: 2 });
  });

  test('writing a status sets off nothing: no reading, no further write', async () => {
    await create('L2Advertisement', 'all', {});
    await create('IPAddressPool', 'teal', { addresses: ['192.0.2.0/24'] });
    await wait('Advertised', 'ipaddresspool/teal');
    const loaded = loads();
    const names = Array.from({ length: 40 }, (_, n) => `web-${n}`);
    const begun = performance.now();
    const writes = statusWrites().length;
    for (const name of names) await services.create(name);
    await yamlSays(['assignedIPv4: 40']);

    const took = Math.ceil((performance.now() - begun) / 1000);
    expect(statusWrites().length - writes).toBeLessThanOrEqual(took + 1);
    const { resourceVersion } = (await resources.get<Pool>('IPAddressPool', 'teal')).metadata;
    await never(
      'another write',
      async () => {
        const { metadata } = await resources.get<Pool>('IPAddressPool', 'teal');
        return metadata.resourceVersion !== resourceVersion;
      },
      4000,
    );
    expect(loads()).toBe(loaded);
  });

  test('a restarted controller writes nothing that is there already', async () => {
    await create('L2Advertisement', 'all', {});
    await create('IPAddressPool', 'teal', { addresses: ['192.0.2.0/29'] });
    await wait('Advertised', 'ipaddresspool/teal');
    await services.create('web');
    await yamlSays(['assignedIPv4: 1', 'availableIPv4: 7']);
    const before = await resources.get<Pool>('IPAddressPool', 'teal');
    await controller.stop();

    const again = { name: 'again', flags: FLAGS };
    controller = await (await installation.startController(again)).ready();
    await shows('metallb_allocator_addresses_in_use_total{pool="teal"}', 1);

    await never(
      'a write',
      async () => {
        const now = await resources.get<Pool>('IPAddressPool', 'teal');
        const same = now.metadata.resourceVersion === before.metadata.resourceVersion;
        return same ? undefined : { before: before.status, now: now.status };
      },
      4000,
    );
  });

  test('nothing forbidden was tried', () => {
    expect(forbidden()).toEqual([]);
  });
});

describe.each<[what: string, prepare: () => Promise<unknown>]>([
  [
    'with the CRDs of the original',
    async () => {
      await eventually('the manifests are applied', async () => {
        await kubectl.must('apply', '-k', 'manifests/v0.13/overlays/no-webhook');
        return true;
      });
      await kubectl.must('apply', '-f', 'test/fixtures/crds/upstream-v0.13.yaml');
    },
  ],
  [
    'with our CRDs and no right to write a status',
    async () => {
      const ours = await CustomResources.install(plane);
      await ours.grant();
    },
  ],
])('%s', (_, prepare) => {
  beforeAll(() => open(prepare), 120_000);
  afterEach(tidy);
  afterAll(close);

  test('no status is written and none is tried, and the Event tells all the same', async () => {
    await create('IPAddressPool', 'teal', { addresses: ['192.0.2.7/32'] });
    await services.create('web');
    await services.assigned('web', '192.0.2.7');
    const event = await services.event('web', 'NotAdvertised');
    expect(event.message).toContain('192.0.2.7 of pool "teal"');
    await shows(UNADVERTISED, 1);

    expect((await resources.get<Pool>('IPAddressPool', 'teal')).status).toBeUndefined();
    expect(statusWrites()).toEqual([]);
    expect(forbidden()).toEqual([]);
    expect(controller.output()).not.toContain('writeStatus');
  });
});

async function yamlSays(parts: readonly string[]): Promise<void> {
  await eventually(`the pool's YAML says ${parts.join(', ')}`, async () => {
    const lines = await kubectl.must('get', ...IN, 'ipaddresspool', 'teal', '-o', 'yaml');
    return parts.every((part) => lines.some((line) => line.trim() === part));
  });
}

async function event(name: string, reason: string, part: string): Promise<void> {
  await eventually(`an Event ${reason} about ${name}`, async () => {
    const events = await eventsAbout(plane.admin, NAMESPACE, name);
    return events.some((one) => one.reason === reason && one.message?.includes(part) === true);
  });
}

/** How often a configuration came into force. */
function loads(): number {
  return controller.output().split('"configLoaded"').length;
}
