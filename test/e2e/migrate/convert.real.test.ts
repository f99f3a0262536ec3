import { mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlPlane, Kubectl, NAMESPACE, startControlPlane } from '../../cluster/index.ts';
import { runCommand } from './process.ts';

/** Everything that a configuration may hold, with texts that readers of YAML are known to mistake. */
const CONFIG = `# for the shop
peers:
- {my-asn: 64500, peer-asn: 64501, peer-address: 192.0.2.9, hold-time: 30s, password: "0123"} # ours
- my-asn: 64500
  peer-asn: 64501
  peer-address: 192.0.2.10
  node-selectors:
  - match-labels: {rack: "yes", zone: "12"}
bgp-communities:
  "on": 64512:5
address-pools:
- name: Harbor West
  protocol: layer2
  addresses:
  # from the network team
  - 198.51.100.0/28
- name: "1000"
  protocol: bgp
  auto-assign: false
  addresses: [203.0.113.0/28, "2001:db8::/120"]
  bgp-advertisements:
  - {localpref: 100, communities: ["on", 64512:7]}
  - {aggregation-length: 28, aggregation-length-v6: 124}
`;

let plane: ControlPlane;
let kubectl: Kubectl;
let folder: string;
let file: string;

beforeAll(async () => {
  plane = await startControlPlane();
  kubectl = new Kubectl(plane);
  await kubectl.must('create', 'namespace', NAMESPACE);
  await kubectl.must('apply', '-k', 'manifests/v0.13/crds');
  await kubectl.must('wait', '--for=condition=Established', 'crd', '--all');
  folder = mkdtempSync(join(plane.dir, 'convert-'));
  file = join(folder, 'config.yaml');
  writeFileSync(file, CONFIG);
}, 240_000);

afterAll(async () => {
  await plane.close();
});

async function converted(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(['convert', ...argv]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}

function saved(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('kubectl and a real API server take what is printed, in YAML and in JSON', async () => {
  for (const form of ['yaml', 'json']) {
    const text = await converted('--show-secrets', '-o', form, file);
    const path = saved(`all.${form}`, text);
    const lines = await kubectl.must('apply', '--dry-run=server', '-f', path);
    expect(lines).toContain('ipaddresspool.metallb.io/harbor-west created (server dry run)');
    expect(lines).toHaveLength(text.match(/"?kind"?: "?(?!List)\w+/g)?.length ?? 0);
  }
});

test('passwords that were not asked for are not printed, and what is printed is not taken for whole', async () => {
  const path = saved('withheld.yaml', await converted(file));
  expect(readFileSync(path, 'utf8')).not.toMatch(/MDEyMw|0123/);
  const { code, complaint } = await kubectl.run('apply', '--dry-run=server', '-f', path);
  expect(code).toBe(1);
  expect(complaint).toMatch(/Secret.*is invalid/);
});

test('a folder is applied as a kustomization, is stored as written, and means the same', async () => {
  const out = join(folder, 'out');
  expect(await converted('--output-dir', out, file)).toBe('');
  for (const name of readdirSync(out)) {
    const mode = statSync(join(out, name)).mode & 0o777;
    expect([name, mode.toString(8)]).toEqual([name, name.startsWith('secret-') ? '600' : '644']);
  }
  await kubectl.must('apply', '-k', out);
  const config = ['--kubeconfig', plane.kubeconfig('person', plane.adminUser)];
  const compared = await runCommand(['diff', file, 'cluster', ...config]);
  expect(compared).toMatchObject({ code: 0, stdout: `${file} and cluster mean the same\n` });

  const back = await converted('--reverse', '--show-secrets', ...config, 'cluster');
  await kubectl.must('apply', '-f', saved('back.yaml', back));
  const stored = await kubectl.must('get', 'configmap', 'config', '-n', NAMESPACE, '-o', 'yaml');
  const again = await runCommand(['diff', file, saved('stored.yaml', stored.join('\n'))]);
  expect(again).toMatchObject({ code: 0 });
});

test('a folder that cannot be written is left without a trace', async () => {
  const path = saved('occupied', 'not a folder');
  const { code, stderr } = await runCommand(['convert', '--output-dir', path, file]);
  expect(code).toBe(2);
  expect(stderr).toContain('nothing is written: ');
  expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
});
