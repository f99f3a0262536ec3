import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ResourceKind } from '../../../src/config-crd/resources.ts';
import { CRDS, admit } from '../../../src/config-crd/schema/index.ts';
import { type Kubectl, eventually } from '../../cluster/index.ts';
import { objectsOf } from '../../support/crds/objects.ts';
import { originalObjects } from '../../support/crds/original.ts';
import { schemaCases } from '../../support/crds/schema-cases.ts';
import { ownCluster } from '../installed.ts';
import { isOurDefinition } from '../../support/crds/mark.ts';

const OURS = 'manifests/v0.13/crds';
const ORIGINAL = 'test/fixtures/crds/upstream-v0.13.yaml';
const OBJECTS = 'test/fixtures/crds/objects.yaml';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const KINDS = Object.keys(CRDS) as ResourceKind[];
const IN = ['-n', 'metallb-system'];

interface Found {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec?: unknown;
}

describe('on an empty cluster', () => {
  const cluster = ownCluster();

  beforeAll(async () => {
    await cluster.kubectl.must('create', 'namespace', 'metallb-system');
  });

  test('every definition is taken, whether kubectl or the server applies it', async () => {
    for (const how of [[], ['--server-side']]) {
      const line = ['apply', '--dry-run=server', ...how, '-k', OURS];
      const { code, complaint, lines } = await cluster.kubectl.run(...line);
      expect({ line, code, complaint, lines }).toMatchObject({ code: 0, complaint: '' });
      expect(lines).toHaveLength(KINDS.length);
    }
  });

  describe('with our definitions', () => {
    beforeAll(async () => {
      await cluster.kubectl.must('apply', '-k', OURS);
      await established(cluster.kubectl);
      await explained(cluster.kubectl);
      await cluster.kubectl.must('apply', '-f', OBJECTS);
    });

    test('applying them again changes nothing', async () => {
      const lines = await cluster.kubectl.must('apply', '-k', OURS);
      expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
    });

    test('the server finds no fault in their schemas', async () => {
      for (const { spec } of Object.values(CRDS)) {
        const name = `${spec.names.plural}.${spec.group}`;
        const { status } = await cluster.plane.admin.get<{
          status: { conditions: { type: string; status: string }[] };
        }>(`${DEFINITIONS}/${name}`);
        const conditions = status.conditions.map((each) => `${each.type}=${each.status}`);
        expect(conditions.sort()).toEqual(['Established=True', 'NamesAccepted=True']);
      }
    });

    test.each([
      ['ipaddresspools', 'NAME AUTO ASSIGN AVOID BUGGY IPS ADDRESSES'],
      ['ipaddresspools', 'harbor false true ["192.0.2.0/26",'],
      ['l2advertisements', 'NAME IPADDRESSPOOLS IPADDRESSPOOL SELECTORS INTERFACES'],
      ['l2advertisements', 'shout ["harbor"] [{"matchLabels":{"tier":"front"}}] ["eth0"]'],
      ['bgpadvertisements', 'NAME IPADDRESSPOOLS IPADDRESSPOOL SELECTORS PEERS'],
      ['bgpadvertisements', 'route ["harbor"] [{"matchLabels":{"tier":"front"}}] ["spine"]'],
      ['bgppeers', 'NAME ADDRESS ASN BFD PROFILE MULTI HOPS'],
      ['bgppeers', 'spine 192.0.2.254 64513 swift true'],
      ['bfdprofiles', 'NAME PASSIVE MODE TRANSMIT INTERVAL RECEIVE INTERVAL MULTIPLIER'],
      ['bfdprofiles', 'swift false 100 100 5'],
    ])('kubectl get %s prints %s', async (plural, wanted) => {
      const lines = await cluster.kubectl.must('get', plural, ...IN);
      expect(squeezed(lines)).toContainEqual(expect.stringContaining(wanted));
    });

    test.each([
      ['l2advertisements', '[{"matchLabels":{"rack":"r1"}},{}]'],
      ['bgpadvertisements', '[{"matchExpressions":[{"key":"gpu","operator":"DoesNotExist"}]}]'],
    ])('kubectl get %s -o wide prints the selectors of nodes too', async (plural, wanted) => {
      const [head, line] = squeezed(await cluster.kubectl.must('get', plural, '-o', 'wide', ...IN));
      expect(head).toMatch(/ NODE SELECTORS$/);
      expect(line!.endsWith(wanted)).toBe(true);
    });

    test.each([
      ['ipaddresspools.spec.autoAssign', 'Whether Services get addresses of this pool'],
      ['bgppeers.spec.passwordSecret', 'Secret of type kubernetes.io/basic-auth'],
      ['bgpadvertisements.spec.nodeSelectors', 'Nodes that may announce'],
      ['ipaddresspools.status.availableIPv6', 'still free'],
      ['communities.spec.communities', 'a name may be given once'],
    ])('kubectl explain %s tells what it is', async (field, wanted) => {
      const text = (await cluster.kubectl.must('explain', field)).join(' ').replaceAll(/\s+/g, ' ');
      expect(text).toContain(wanted);
    });

    test('a key of the ConfigMap is named by kubectl, and pruned by the server', async () => {
      const file = join(cluster.plane.dir, 'pasted.yaml');
      const spec = { addresses: ['192.0.2.128/28'], 'auto-assign': false };
      const { written, stored } = await writes(cluster.kubectl, file, pool('pasted', spec));
      expect(written.complaint).toContain('unknown field "auto-assign"');
      expect(stored.spec).toEqual({
        addresses: ['192.0.2.128/28'],
        autoAssign: true,
        avoidBuggyIPs: false,
      });
    });

    test('whoever applies an AddressPool is told what to use instead', async () => {
      const { complaint } = await cluster.kubectl.run('get', 'addresspools', ...IN);
      expect(complaint).toContain(
        'metallb.io v1beta1 AddressPool is deprecated, consider using IPAddressPool',
      );
    });

    test('without a converter peers are served as they are stored, and only so', async () => {
      const stored = '/apis/metallb.io/v1beta2/namespaces/metallb-system/bgppeers/spine';
      const older = stored.replace('v1beta2', 'v1beta1');
      expect(await cluster.plane.admin.request('GET', stored)).toMatchObject({ status: 200 });
      const { status, body } = await cluster.plane.admin.request('GET', older);
      expect(status).toBe(500);
      expect((body as { message: string }).message).toContain(
        'conversion webhook for metallb.io/v1beta2, Kind=BGPPeer failed',
      );
    });

    test('a status is written beside the object, and kept', async () => {
      const path = '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/harbor';
      const conditions = [
        {
          type: 'metal-lb.io/Covered',
          status: 'True',
          reason: 'Advertised',
          message: 'covered by L2Advertisement shout',
          lastTransitionTime: '2026-01-02T03:04:05Z',
        },
      ];
      const usage = { assignedIPv4: 1, assignedIPv6: 0, availableIPv4: 70 };
      const status = { ...usage, availableIPv6: Number.MAX_SAFE_INTEGER, conditions };
      const before = await cluster.plane.admin.get<Found>(path);
      await cluster.plane.admin.patch(`${path}/status`, { status, spec: { addresses: [] } });
      const after = await cluster.plane.admin.get<Found & { status: unknown }>(path);
      expect(after).toMatchObject({ spec: before.spec, status });
    });
  });
});

describe('a server that stores objects as they come', () => {
  const cluster = ownCluster();

  // A server asks the converter for versions that are not stored, and there is none here: these take them as they are.
  beforeAll(async () => {
    const { plane, kubectl } = cluster;
    await kubectl.must('create', 'namespace', 'metallb-system');
    for (const { spec, ...rest } of Object.values(CRDS)) {
      await plane.admin.create(DEFINITIONS, {
        ...rest,
        spec: { ...spec, conversion: { strategy: 'None' } },
      });
    }
    await established(kubectl);
  });

  test.each(schemaCases().map((known) => [known.id, known] as const))('%s', async (_, known) => {
    const [object] = known.objects;
    const { admin } = cluster.plane;
    const { status, body } = await admin.request('POST', collection(object), object);
    if (known.expect === undefined) {
      expect({ status, said: saidOf(body) }).toEqual({ status: 422, said: saidBy(object) });
      return;
    }
    expect(status).toBe(201);
    const path = `${collection(object)}/${(body as Found).metadata.name}`;
    const stored = await admin.get(path);
    await admin.delete(path);
    expect([asWritten(stored)]).toEqual(known.expect.stored);
  });

  test.each(KINDS)('every %s gets the answer that is foretold', async (kind) => {
    await fc.assert(
      fc.asyncProperty(objectsOf(CRDS[kind]), async (object) => {
        const foretold = admit(object, CRDS[kind], 'ignored');
        // What is stored in another version gets the defaults of that version too.
        fc.pre(foretold.kind === 'refused' || object['apiVersion'] === storedVersion(kind));
        const path = `${collection(object)}?dryRun=All`;
        const { status, body } = await cluster.plane.admin.request('POST', path, object);
        if (foretold.kind === 'stored') {
          expect({ status, stored: asWritten(body) }).toEqual({
            status: 201,
            stored: foretold.object,
          });
          return;
        }
        expect({ status, said: saidOf(body) }).toEqual({ status: 422, said: saidBy(object) });
      }),
      { numRuns: 100 },
    );
  });
});

describe('a cluster that has the original definitions', () => {
  const cluster = ownCluster();
  let before: readonly Found[];

  beforeAll(async () => {
    const { kubectl } = cluster;
    await kubectl.must('create', 'namespace', 'metallb-system');
    await kubectl.must('apply', '-f', ORIGINAL);
    await established(kubectl);
    await kubectl.must('apply', '-f', OBJECTS);
    before = await everything(kubectl);
  });

  test('has ours applied over them, and back again, and every object stays what it was', async () => {
    const { kubectl } = cluster;
    expect(before).toHaveLength(originalObjects().length);
    const steps: [definitions: string[], ours: boolean][] = [
      [['-k', OURS], true],
      [['-f', ORIGINAL], false],
      [['-k', OURS], true],
    ];
    for (const [definitions, ours] of steps) {
      const lines = await kubectl.must('apply', ...definitions);
      expect(lines.map((line) => line.split(' ').at(-1))).toEqual(KINDS.map(() => 'configured'));
      await established(kubectl);
      expect(await everything(kubectl)).toEqual(before);
      const found = await kubectl.get('crd');
      expect(found.map(isOurDefinition)).toEqual(KINDS.map(() => ours));
    }
    const again = await kubectl.must('apply', '-f', OBJECTS);
    expect(again.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
  });

  test('keeps the CA that a controller put into ours when they are applied again', async () => {
    const { kubectl, plane } = cluster;
    await kubectl.must('apply', '-k', OURS);
    const caBundle = readFileSync('test/fixtures/kube/server.crt').toString('base64');
    const path = `${DEFINITIONS}/bgppeers.metallb.io`;
    const conversion = { webhook: { clientConfig: { caBundle } } };
    await plane.admin.patch(path, { spec: { conversion } });
    await kubectl.must('apply', '-k', OURS);
    expect(await plane.admin.get(path)).toMatchObject({ spec: { conversion } });
  });
});

async function established(kubectl: Kubectl): Promise<void> {
  const names = Object.values(CRDS).map(({ metadata }) => `crd/${metadata.name}`);
  await kubectl.must('wait', '--for=condition=Established', ...names, '--timeout=60s');
}

/** A server tells of new kinds a little after it serves them; kubectl explains, and checks, by what it tells. */
async function explained(kubectl: Kubectl): Promise<void> {
  for (const { spec } of Object.values(CRDS)) {
    await eventually(`an explanation of ${spec.names.plural}`, async () => {
      const { code } = await kubectl.run('explain', `${spec.names.plural}.spec`);
      return code === 0 ? true : undefined;
    });
  }
}

/** The objects of all kinds as they are, with what the server knows of them. */
async function everything(kubectl: Kubectl): Promise<readonly Found[]> {
  const plurals = Object.values(CRDS).map(({ spec }) => `${spec.names.plural}.${spec.group}`);
  const found = await kubectl.get<Found>(plurals.join(), ...IN);
  return found.sort((a, b) => (a.metadata.uid < b.metadata.uid ? -1 : 1));
}

/** Applies an object with and without kubectl's own look at it. */
async function writes(kubectl: Kubectl, file: string, object: { metadata: { name: string } }) {
  writeFileSync(file, JSON.stringify(object));
  const written = await kubectl.run('apply', '-f', file);
  await kubectl.must('apply', '--validate=false', '-f', file);
  const [stored] = await kubectl.get<Found>('ipaddresspools', object.metadata.name, ...IN);
  return { written, stored: stored! };
}

function pool(name: string, spec: object) {
  const metadata = { name, namespace: 'metallb-system' };
  return { apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', metadata, spec };
}

function collection(object: Readonly<Record<string, unknown>>): string {
  const { apiVersion, kind } = object as { apiVersion: string; kind: ResourceKind };
  const { plural } = CRDS[kind].spec.names;
  return `/apis/${apiVersion}/namespaces/metallb-system/${plural}`;
}

/** The object without what a server adds to its metadata. */
function asWritten(body: unknown): unknown {
  const { metadata, ...rest } = body as Found & { metadata: { namespace: string } };
  const { name, namespace } = metadata;
  return { ...rest, metadata: { name, namespace } };
}

/** The causes of a refusal. Servers walk fields in any order, and this one does not count the elements of lists. */
function saidOf(body: unknown): readonly string[] {
  const { details } = body as { details: { causes: { field: string; message: string }[] } };
  return uncounted(details.causes.map(({ field, message }) => `${field}: ${message}`));
}

function saidBy(object: unknown): readonly string[] {
  const { kind } = object as { kind: ResourceKind };
  const outcome = admit(object, CRDS[kind], 'ignored');
  return uncounted(
    outcome.kind === 'refused' ? outcome.problems.map(({ message }) => message) : [],
  );
}

function uncounted(messages: readonly string[]): readonly string[] {
  const plain = messages.map((message) =>
    message
      .replaceAll(/\[\d+\]/g, '')
      // An object or a list where a word should be is printed as Go has it.
      .replace(/Unsupported value: (map|[[{]).*: supported/, 'Unsupported value: ...: supported'),
  );
  return [...new Set(plain)].sort();
}

function storedVersion(kind: ResourceKind): string {
  const { group, versions } = CRDS[kind].spec;
  return `${group}/${versions.find(({ storage }) => storage)!.name}`;
}

function squeezed(lines: readonly string[]): string[] {
  return lines.map((line) => line.replaceAll(/\s+/g, ' ').trim());
}
