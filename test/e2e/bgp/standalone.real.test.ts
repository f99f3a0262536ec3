import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../cluster/index.ts';
import { type BgpPeer, PeerSite, startPeer } from '../../support/bgp-peers/index.ts';

const PREFIX = '203.0.113.10/32';
const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, ports: [{port: 80}]}
`;

let site: PeerSite;
let router: BgpPeer;
let folder: string;
let program: ChildProcess;
let printed: string;

beforeEach(async () => {
  site = new PeerSite('frr');
  router = await startPeer('frr', site.namespace, {
    asn: 64_513,
    routerId: site.theirs.ipv4,
    neighbors: [
      {
        ...{ address: site.ours.ipv4, asn: 64_512, families: ['ipv4'] },
        bfd: { receive: 100, transmit: 100, multiplier: 3 },
      },
    ],
  });
  folder = mkdtempSync(join(tmpdir(), 'metal-lb-standalone-'));
  writeFileSync(join(folder, 'config.yaml'), configMap());
  writeFileSync(join(folder, 'web.yaml'), SERVICE);
  printed = '';
});

afterEach(async () => {
  if (program.exitCode === null && program.signalCode === null) {
    program.kill('SIGKILL');
    await once(program, 'exit');
  }
  await router.stop();
  site.delete();
  rmSync(folder, { recursive: true });
});

function configMap(): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data:
  config: |
    peers:
    - {peer-address: ${site.theirs.ipv4}, peer-asn: 64513, my-asn: 64512, hold-time: 240s, bfd-profile: watch}
    bfd-profiles:
    - {name: watch, receive-interval: 100, transmit-interval: 100}
    address-pools:
    - {name: default, protocol: bgp, addresses: [203.0.113.10/31]}
`;
}

function start(...args: readonly string[]): void {
  const path = resolve(process.env['PROGRAMS'] ?? 'dist', 'standalone.js');
  program = spawn(process.execPath, [path, '--dir', folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [program.stdout, program.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
}

const says = (text: string | RegExp): Promise<boolean> =>
  eventually(`it says ${String(text)}`, () => printed.search(text) >= 0);

async function prefixes(): Promise<readonly string[]> {
  return (await router.routes('ipv4')).map(({ prefix }) => prefix);
}

test('a folder is announced to a router that BFD watches, until the router hangs up or we end', async () => {
  start('--bgp-mode', 'frr');
  await eventually('the route is there', async () => (await prefixes()).includes(PREFIX), 40_000);
  await eventually('BFD is up', () => router.bfdUp(site.ours.ipv4), 40_000);
  site.cut();
  await says(`bgpSessionDown  node/`);
  await says(`BGP session with ${site.theirs.ipv4}:179 is down: BFD session is down`);
  await eventually('the router knows', async () => (await prefixes()).length === 0, 10_000);
  site.mend();
  await says(/bgpSessionUp/);
  await eventually('the route is back', async () => (await prefixes()).includes(PREFIX), 40_000);
  const exit = once(program, 'exit');
  program.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  await eventually('the route is gone', async () => (await prefixes()).length === 0, 10_000);
}, 180_000);

test('a profile of BFD in native mode is refused where it stands, and nothing is announced', async () => {
  start();
  await says(/config\.yaml:\d+:\d+: .*bfd-profile/);
  expect(await prefixes()).toEqual([]);
}, 60_000);
