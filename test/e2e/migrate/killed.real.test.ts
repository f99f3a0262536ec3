import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ControlPlane,
  NAMESPACE,
  Installation,
  startControlPlane,
} from '../../cluster/index.ts';
import { MigrateCommand } from './command.ts';
import { Relay } from './relay.ts';
import { ReportingController } from './reporting-controller.ts';
import { type State, stateOf } from './state.ts';

const CONFIG = `
peers:
- my-asn: 64500
  peer-asn: 64501
  peer-address: 192.0.2.9
  hold-time: 30s
  password: not-to-be-shown
address-pools:
- name: apex
  protocol: layer2
  addresses: [198.51.100.0/25]
- name: Harbor West
  protocol: layer2
  addresses: [203.0.113.0/25]
- name: routed
  protocol: bgp
  auto-assign: false
  addresses: [198.51.100.128/25]
  bgp-advertisements:
  - {aggregation-length: 32, localpref: 100, communities: [quiet]}
bgp-communities: {quiet: '64500:7'}
`;
const APPLY = ['apply', '--rewrite-annotations'] as const;
const RECORD = `/api/v1/namespaces/${NAMESPACE}/secrets/metal-migrate`;

let plane: ControlPlane;
let relay: Relay;
let controller: ReportingController;
let person: MigrateCommand;
let before: State;
let after: State;
let writes: number;

beforeAll(async () => {
  plane = await startControlPlane();
  relay = await Relay.start(plane);
  person = new MigrateCommand(plane);
  await (await Installation.apply(plane, 'v0.12.1', { images: 'ours' })).configure(CONFIG);
  controller = new ReportingController(plane);
  await plane.admin.create('/api/v1/namespaces/default/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', annotations: { 'metallb.universe.tf/address-pool': 'Harbor West' } },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  });
  await plane.admin.request(
    'PATCH',
    '/api/v1/namespaces/default/services/web/status',
    { status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } } },
    'application/merge-patch+json',
  );
  before = await stateOf(plane);
}, 120_000);

afterAll(async () => {
  controller.close();
  await relay.close();
  await plane.close();
});

async function expectDone(...argv: readonly string[]): Promise<void> {
  const ending = await person.run(...argv);
  expect(ending, argv.join(' ')).toMatchObject({ code: 0 });
  expect(ending.printed + ending.complained).not.toContain('not-to-be-shown');
}

async function expectAsBefore(): Promise<void> {
  expect(await stateOf(plane)).toEqual(before);
  expect(await plane.admin.find(RECORD)).toBeUndefined();
}

test('apply makes every object of the ConfigMap, and rollback leaves nothing of it', async () => {
  const ending = await person.runUntil(relay, Infinity, ...APPLY);
  expect(ending).toMatchObject({ code: 0 });
  writes = relay.writes.length;
  after = await stateOf(plane);
  expect(Object.keys(after).filter((path) => path.includes('metallb.io/v1'))).not.toEqual([]);
  const changed = Object.entries(before).filter(([path, object]) => after[path] !== object);
  expect(changed.map(([path]) => path.split(' ').at(-1))).toEqual([
    `${NAMESPACE}/config`,
    'default/web',
  ]);
  expect(JSON.stringify(after)).toContain('"metal-lb.io/config-source\\":\\"resources');
  await expectDone('verify');
  await expectDone(...APPLY);
  expect(await stateOf(plane)).toEqual(after);

  await expectDone('rollback');
  await expectAsBefore();
}, 120_000);

test('apply that is killed after any of its writes is finished by running it again, and so is rollback', async () => {
  for (let count = 1; count <= writes; count += 1) {
    expect(await person.runUntil(relay, count, ...APPLY)).toMatchObject({ code: undefined });
    expect(relay.writes).toHaveLength(count);
    await expectDone(...APPLY);
    expect(await stateOf(plane), `killed after write ${count}`).toEqual(after);

    await person.runUntil(relay, count, 'rollback');
    if ((await plane.admin.find(RECORD)) !== undefined) await expectDone('rollback');
    await expectAsBefore();
  }
}, 900_000);

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'a person who interrupts by %s hears what to run next, and %i',
  async (signal, code) => {
    const argv = [relay, { writes: 4, signal }] as const;
    const stopped = await person.interruptAfter(...argv, ...APPLY);
    expect(stopped).toMatchObject({ code });
    expect(stopped.complained).toContain('stopped as asked, between two writes');
    // One more may be on its way when the signal comes.
    expect(relay.writes.length).toBeLessThan(writes / 2);
    await expectDone(...APPLY);
    expect(await person.interruptAfter(...argv, 'rollback')).toMatchObject({ code });
    await expectDone('rollback');
    await expectAsBefore();
  },
  120_000,
);

test('apply that is killed after any of its writes is undone by rollback', async () => {
  for (let count = 1; count <= writes; count += 1) {
    expect(await person.runUntil(relay, count, ...APPLY)).toMatchObject({ code: undefined });
    await expectDone('rollback');
    expect(await stateOf(plane), `killed after write ${count}`).toEqual(before);
    await expectAsBefore();
  }
}, 900_000);
