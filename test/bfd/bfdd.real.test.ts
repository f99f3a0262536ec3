import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BfdEvents, BfdSessionSpec } from '../../src/runtime/bfd/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { spec } from '../contract/bfd-layer.contract.ts';
import { RemoteBfd } from '../support/bfd-lab.ts';
import { Namespace, connect } from '../support/netns.ts';

const silent: BfdEvents = {
  changed: () => {},
  started: () => {},
  failed: () => {},
  counted: () => {},
};

const configuration = `bfd
 peer 192.0.2.1 local-address 192.0.2.2 interface eth0
  transmit-interval 100
  receive-interval 100
  detect-multiplier 10
  no shutdown
 !
 peer 198.51.100.1 multihop local-address 198.51.100.2
  transmit-interval 100
  receive-interval 100
  detect-multiplier 10
  no shutdown
 !
`;

describe('BFD with bfdd of FRRouting', () => {
  let ours: Namespace;
  let theirs: Namespace;
  let folder: string;
  let daemons: ChildProcess[];
  let layer: RemoteBfd;
  let end: AbortController;
  let running: Promise<void>;

  const far: BfdSessionSpec = {
    ...spec,
    ...{ local: '198.51.100.1' as IpAddress, remote: '198.51.100.2' as IpAddress, multihop: true },
  };
  const ask = (command: string): string =>
    execFileSync('vtysh', ['--vty_socket', folder, '-d', 'bfdd', '-c', command], {
      encoding: 'utf8',
    });
  const statuses = (): string[] =>
    (JSON.parse(ask('show bfd peers json')) as { status: string }[]).map(({ status }) => status);
  const lastOf = (key: string): unknown =>
    layer.lines.findLast(({ event, args }) => event === 'changed' && args[0] === key)?.args[1];
  const soon = (look: () => boolean): Promise<boolean> =>
    vi.waitUntil(look, { timeout: 20_000, interval: 200 });

  function start(daemon: string, file: string, ...args: readonly string[]): void {
    const places = ['-i', `${folder}/${daemon}.pid`, '-z', `${folder}/zserv.api`];
    const rest = ['--vty_socket', folder, '-A', '127.0.0.1', '-P', '0', '-f', file, ...args];
    daemons.push(theirs.spawn(`/usr/lib/frr/${daemon}`, [...places, ...rest], { stdio: 'ignore' }));
  }

  beforeEach(async () => {
    [ours, theirs] = [new Namespace('ours'), new Namespace('theirs')];
    connect({ namespace: ours, link: 'eth0' }, { namespace: theirs, link: 'eth0' });
    for (const [namespace, host] of [
      [ours, 1],
      [theirs, 2],
    ] as const) {
      namespace.ip('address', 'add', `192.0.2.${host}/24`, 'dev', 'eth0');
      namespace.ip('address', 'add', `198.51.100.${host}/24`, 'dev', 'eth0');
    }
    folder = mkdtempSync(join(tmpdir(), 'bfdd-'));
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'bfdd.conf'), configuration);
    execFileSync('chown', ['-R', 'frr:frr', folder]);
    daemons = [];
    start('zebra', '/dev/null');
    start('bfdd', `${folder}/bfdd.conf`, '--bfdctl', `${folder}/bfdd.sock`);
    layer = await RemoteBfd.start(ours);
    end = new AbortController();
    running = layer.run(silent, end.signal);
  });

  afterEach(async () => {
    end.abort();
    await running;
    for (const daemon of daemons) daemon.kill('SIGKILL');
    ours.delete();
    theirs.delete();
    rmSync(folder, { recursive: true });
  });

  test('comes up over one hop and several, finds out that bfdd was killed, and that it is back', async () => {
    layer.set('near', spec);
    layer.set('far', far);
    await soon(() => lastOf('near') === 'up' && lastOf('far') === 'up');
    await soon(() => statuses().every((status) => status === 'up'));
    daemons.pop()?.kill('SIGKILL');
    await soon(() => lastOf('near') === 'down' && lastOf('far') === 'down');
    start('bfdd', `${folder}/bfdd.conf`, '--bfdctl', `${folder}/bfdd.sock`);
    await soon(() => lastOf('near') === 'up' && lastOf('far') === 'up');
    expect(lastOf('near')).toBe('up');
  });

  test('ended by us is no failure to bfdd, and ended by bfdd is none to us', async () => {
    layer.set('near', spec);
    await soon(() => lastOf('near') === 'up');
    layer.delete('near');
    const detail = (): string =>
      ask('show bfd peer 192.0.2.1 local-address 192.0.2.2 interface eth0');
    await soon(() => detail().includes('Remote diagnostics: administratively down'));
    layer.set('far', far);
    await soon(() => lastOf('far') === 'up');
    const [on, peer, off] = [
      'configure terminal',
      'peer 198.51.100.1 multihop local-address 198.51.100.2',
      'shutdown',
    ];
    execFileSync('vtysh', [
      '--vty_socket',
      folder,
      '-d',
      'bfdd',
      ...[on, 'bfd', peer, off].flatMap((each) => ['-c', each]),
    ]);
    await soon(() => lastOf('far') === 'down');
    const change = layer.lines.findLast(({ event }) => event === 'changed');
    expect(change?.args).toEqual(['far', 'down', 3, 'adminDown']);
  });
});
