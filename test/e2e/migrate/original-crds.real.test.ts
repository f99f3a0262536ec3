import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ControlPlane,
  Installation,
  Kubectl,
  startControlPlane,
} from '../../cluster/index.ts';
import { MigrateCommand } from './command.ts';
import { stateOf } from './state.ts';

const POOLS = `address-pools:
- name: apex
  protocol: bgp
  addresses: [198.51.100.0/25]
`;
const peerOn = (port: number): string =>
  `${POOLS}peers:\n- {my-asn: 64500, peer-asn: 64501, peer-address: 192.0.2.9, peer-port: ${port}}\n`;

let plane: ControlPlane;
let installation: Installation;
let person: MigrateCommand;

beforeAll(async () => {
  plane = await startControlPlane();
  person = new MigrateCommand(plane);
  installation = await Installation.apply(plane);
  await new Kubectl(plane).must('apply', '-f', 'test/fixtures/crds/upstream-v0.13.yaml');
}, 120_000);

afterAll(async () => {
  await plane.close();
});

test('what the definitions of the original do not take is refused before anything is written', async () => {
  await installation.configure(peerOn(20_000));
  const before = await stateOf(plane);
  const { code, complained } = await person.run('apply', '--timeout', '5s');
  expect(code).toBe(1);
  expect(complained).toMatch(/:6:\d+: .*20000/);
  expect(complained).toContain('(at peers[0].peer-port)');
  expect(await stateOf(plane)).toEqual(before);
});

test('they stay as they are on the way there and on the way back', async () => {
  await installation.configure(peerOn(1790));
  const before = await stateOf(plane);
  expect(await person.run('apply')).toMatchObject({ code: 0 });
  const after = await stateOf(plane);
  const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
  expect(changed.map((path) => path.replace(/^.*\/([a-z]+) .*\/(.*)$/, '$1 $2'))).toEqual([
    'bgpadvertisements apex',
    'ipaddresspools apex',
    'bgppeers peer-192-0-2-9',
  ]);
  expect(await person.run('rollback')).toMatchObject({ code: 0 });
  expect(await stateOf(plane)).toEqual(before);
});
