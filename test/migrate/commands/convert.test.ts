import { describe, expect, test } from 'vitest';
import { type Files, runMigrate } from '../../support/terminal.ts';

const LEGACY = `# Oslo
peers:
- my-asn: 64500 # ours
  peer-asn: 64501
  peer-address: 192.0.2.9
  password: s3cret
address-pools:
- name: teal
  protocol: layer2
  addresses:
  # given by the network team
  - 198.51.100.0/28
`;

const SECRET = `apiVersion: v1
kind: Secret
metadata: {name: spine, namespace: metallb-system}
type: kubernetes.io/basic-auth
data: {password: czNjcmV0}
`;
const PEER = `apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: spine, namespace: metallb-system}
# towards the spine
spec: {myASN: 64500, peerASN: 64501, peerAddress: 192.0.2.9, passwordSecret: {name: spine}}
`;
const POOL = `apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: teal, namespace: metallb-system}
spec:
  addresses:
  - 198.51.100.0/28 # all of it
`;
const LAYER2 = `apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: all, namespace: metallb-system}
`;

async function convert(text: string, ...options: readonly string[]) {
  const run = await runMigrate(['convert', ...options], { '-': text });
  return { ...run, out: run.printed.join('\n'), said: run.complained.join('\n') };
}

describe('a ConfigMap becomes resources', () => {
  test('that a person can review, comments where they belong', async () => {
    const { code, out, said } = await convert(LEGACY, '--show-secrets');
    expect(code).toBe(0);
    expect(out)
      .toBe(`# Made by metal-migrate 0.0.0 from standard input, by the rules of v0.12, for metal-lb.
# It was read back and means the same. To check again: metal-migrate diff ORIGINAL RESULT

apiVersion: v1
kind: Secret
metadata:
  name: peer-192-0-2-9-password
  namespace: metallb-system
type: kubernetes.io/basic-auth
data:
  password: czNjcmV0
---
# Oslo
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata:
  name: peer-192-0-2-9
  namespace: metallb-system
spec:
  myASN: 64500 # ours
  peerASN: 64501
  peerAddress: 192.0.2.9
  passwordSecret:
    name: peer-192-0-2-9-password
---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata:
  name: teal
  namespace: metallb-system
spec:
  addresses:
  # given by the network team
  - 198.51.100.0/28
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata:
  name: teal
  namespace: metallb-system
spec:
  ipAddressPools:
  - teal`);
    expect(said).toContain('1 pool, 1 peer became 4 objects; read back, it means the same');
  });

  test('in the namespace of the ConfigMap, or else in that of -n', async () => {
    const bare = LEGACY.replace('# Oslo\n', '');
    const indented = bare.replaceAll(/^/gm, '    ').trimEnd();
    const metadata = 'metadata: {name: config, namespace: lb}';
    const manifest = `apiVersion: v1\nkind: ConfigMap\n${metadata}\ndata:\n  config: |\n${indented}\n`;
    expect((await convert(manifest)).out).toContain('namespace: lb\n');
    expect((await convert(bare, '-n', 'other')).out).toContain('namespace: other\n');
  });

  test('with what was said around the configuration above the first', async () => {
    const manifest = `# by the network team
apiVersion: v1
kind: ConfigMap
metadata:
  name: config # as the controller wants it
data:
  config: |
    # Oslo
    address-pools:
    - {name: teal, protocol: layer2, addresses: [198.51.100.0/28]} # all
# end
`;
    const { out } = await convert(manifest);
    expect(out).toContain(
      '\n\n# by the network team\n# as the controller wants it\n# end\n# Oslo\n# all\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\n',
    );
    expect((await convert(`# Made by metal-migrate 0.0.0\n\n${manifest}`)).out).toBe(out);
  });

  test.each(['', 'metallb:\n  '])(
    'with what was said in the values of a chart, where it belongs: %j',
    async (above) => {
      const values = `# of the chart\n${above}configInline:
    address-pools:
    - name: teal
      protocol: layer2
      addresses:
      - 198.51.100.0/28 # all of it
`;
      const { code, out } = await convert(values);
      expect(code).toBe(0);
      expect(out).toContain('- 198.51.100.0/28 # all of it\n');
    },
  );

  test('of the ConfigMap that --configmap names, where there are several', async () => {
    const named = (name: string, pool: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata:\n  config: |\n` +
      `    address-pools: [{name: ${pool}, protocol: layer2, addresses: [198.51.100.0/28]}]\n`;
    const both = `${named('config', 'teal')}---\n${named('metallb-config', 'ochre')}`;
    expect((await convert(both)).out).toContain('name: teal');
    const { out } = await convert(both, '--configmap', 'metallb-config');
    expect(out).toContain('name: ochre');
    expect(out).not.toContain('name: teal');
  });

  test('as one List for machines', async () => {
    const { out } = await convert(LEGACY, '-o', 'json', '--show-secrets');
    const list = JSON.parse(out) as { kind: string; items: { kind: string }[] };
    expect(list).toMatchObject({ apiVersion: 'v1', kind: 'List' });
    expect(list.items.map(({ kind }) => kind)).toEqual([
      'Secret',
      'BGPPeer',
      'IPAddressPool',
      'L2Advertisement',
    ]);
  });

  test('and in JSON without comments, which is said', async () => {
    const { code, said } = await convert(LEGACY, '-o', 'json', '--show-secrets');
    expect(code).toBe(0);
    expect(said).toContain('JSON has no comments: 3 of the original are left out');
    expect((await convert(LEGACY, '-o', 'yaml')).said).not.toContain('JSON');
    expect((await convert(LEGACY, '-o', 'json', '--output-dir', 'lb')).said).not.toContain('JSON');
  });

  test('without passwords, unless they are asked for', async () => {
    for (const form of ['yaml', 'json']) {
      const { code, out, said } = await convert(LEGACY, '-o', form);
      expect(code).toBe(0);
      expect(out).toContain('peer-192-0-2-9-password');
      expect(out + said).not.toMatch(/czNjcmV0|s3cret/);
      expect(said).toContain('--show-secrets prints them');
    }
  });

  test('or is refused with its line, and nothing is printed', async () => {
    const { code, printed, said } = await convert(LEGACY.replace('layer2', 'layer3'));
    expect(code).toBe(1);
    expect(printed).toEqual([]);
    expect(said).toContain('-:9:13: parsing address pool #1: unknown protocol "layer3"');
    expect(said).toContain('did you mean "layer2"?');
  });
});

describe('a folder', () => {
  test('gets one file for each object, and what kustomize needs; passwords for the owner only', async () => {
    const { code, printed, written } = await convert(LEGACY, '--output-dir', 'lb/');
    expect(code).toBe(0);
    expect(printed).toEqual([]);
    expect(written.map(({ path, confidential }) => [path, confidential ?? false])).toEqual([
      ['lb/secret-peer-192-0-2-9-password.yaml', true],
      ['lb/bgppeer-peer-192-0-2-9.yaml', false],
      ['lb/ipaddresspool-teal.yaml', false],
      ['lb/l2advertisement-teal.yaml', false],
      ['lb/kustomization.yaml', false],
    ]);
    expect(written.at(-1)?.text).toContain('- ipaddresspool-teal.yaml\n');
    expect(written.at(-1)?.text).toContain('SealedSecret');
    expect(written[0]?.text).toContain('password: czNjcmV0');
  });

  const into = (present: Files) =>
    runMigrate(['convert', '--output-dir', 'lb'], { '-': LEGACY, ...present });

  test('that holds a file of somebody else is left as it is', async () => {
    const { code, written, complained } = await into({ 'lb/ipaddresspool-teal.yaml': 'mine: 1\n' });
    expect({ code, written }).toEqual({ code: 2, written: [] });
    expect(complained.join()).toContain('lb/ipaddresspool-teal.yaml is there already');
  });

  test('that holds objects of an earlier conversion is left until they are gone', async () => {
    const made = '# Made by metal-migrate 0.0.0\n';
    const earlier = `${made}\nresources:\n- ipaddresspool-teal.yaml\n- ipaddresspool-gone.yaml\n`;
    const kustomization = { 'lb/kustomization.yaml': earlier, 'lb/ipaddresspool-teal.yaml': made };
    const { code, complained } = await into({
      ...kustomization,
      'lb/ipaddresspool-gone.yaml': made,
    });
    expect(code).toBe(2);
    expect(complained.join()).toContain('lb/ipaddresspool-gone.yaml is of an earlier conversion');
    expect(await into(kustomization)).toMatchObject({ code: 0 });
  });

  test('that cannot be written is told with the file', async () => {
    const writeAll = async () => ({ kind: 'unwritable', why: 'lb/x.yaml: disk full' }) as const;
    const files = { '-': LEGACY };
    const run = await runMigrate(['convert', '--output-dir', 'lb'], files, { writeAll });
    expect(run).toMatchObject({
      code: 2,
      complained: ['nothing is written: lb/x.yaml: disk full'],
    });
  });
});

test('a folder that is written in part is told as such', async () => {
  const writeAll = async () =>
    ({ kind: 'unwritable', why: 'lb/x.yaml: full', inPlace: 2 }) as const;
  const run = await runMigrate(['convert', '--output-dir', 'lb'], { '-': LEGACY }, { writeAll });
  expect(run).toMatchObject({
    code: 2,
    complained: ['only 2 of 5 files are written, run it again to complete them: lb/x.yaml: full'],
  });
});

describe('resources become a ConfigMap', () => {
  test('by the name that is asked for', async () => {
    const text = [POOL, LAYER2].join('---\n');
    expect((await convert(text, '--reverse')).out).toContain('  name: config\n');
    const { out } = await convert(text, '--reverse', '--configmap', 'metallb-config');
    expect(out).toContain('  name: metallb-config\n');
  });

  test('with their comments, from the text that they are in', async () => {
    const text = [POOL, LAYER2].join('---\n');
    const { code, out, said } = await convert(text, '--reverse');
    expect(code).toBe(0);
    expect(out).toContain(`  config: |
    address-pools:
    - name: teal
      protocol: layer2
      addresses:
      - 198.51.100.0/28 # all of it`);
    expect(said).toContain('in a ConfigMap these have no names: L2Advertisement all');
  });

  test('with passwords only where that is asked for', async () => {
    const text = [SECRET, PEER].join('---\n');
    const refused = await convert(text, '--reverse');
    expect(refused.code).toBe(1);
    expect(refused.printed).toEqual([]);
    expect(refused.said).toContain('allow it with --show-secrets');
    const { code, out, said } = await convert(text, '--reverse', '--show-secrets');
    expect(code).toBe(0);
    expect(out).toContain('password: s3cret');
    expect(said).toContain('comes from a Secret and is readable in the ConfigMap');
    const folder = await convert(text, '--reverse', '--show-secrets', '--output-dir', 'lb');
    expect(folder.written.every(({ confidential }) => confidential === true)).toBe(true);
  });

  test('or everything that it cannot carry is told, each with its place', async () => {
    const layer2 = `${LAYER2}spec: {interfaces: [eth0], nodeSelectors: [{matchLabels: {a: b}}]}\n`;
    const { code, said } = await convert([POOL, layer2].join('---\n'), '--reverse');
    expect(code).toBe(1);
    expect(said).toContain('-:11:20: with a ConfigMap a pool answers on every interface');
    expect(said).toContain('-:11:43: with a ConfigMap a pool answers from every node');
  });

  test('that an older release can read, or what it does not know is named', async () => {
    const peer = PEER.replace('passwordSecret: {name: spine}', 'sourceAddress: 192.0.2.1');
    expect((await convert(peer, '--reverse', '--compat', 'v0.11')).code).toBe(0);
    const { code, said } = await convert(peer, '--reverse', '--compat', 'v0.10');
    expect(code).toBe(1);
    expect(said).toContain('-:5:77: a ConfigMap cannot carry this: field source-address not found');
    expect(said).toContain('source-address is known since v0.11');
  });

  test('without what a server has filled in', async () => {
    const stored = POOL.replace('name: teal,', 'name: teal, uid: 1-2,') + '  autoAssign: true\n';
    const { out } = await convert([stored, LAYER2].join('---\n'), '--reverse');
    expect(out).toContain('name: teal');
    expect(out).not.toContain('auto-assign');
  });
});

test.each([
  [LEGACY, ['--reverse'], 'there are no v0.13 resources here'],
  [POOL, [], '--reverse converts them back'],
])('the wrong direction is told', async (text, options, told) => {
  const { code, printed, said } = await convert(text, ...options);
  expect({ code, printed }).toEqual({ code: 1, printed: [] });
  expect(said).toContain(told);
});
