import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ControlPlane,
  GRACE,
  Installation,
  NAMESPACE,
  startControlPlane,
} from '../../cluster/index.ts';
import { freePorts } from '../../cluster/free-ports.ts';
import { RunningProgram, programFile } from '../../cluster/installation.ts';
import { allHeard, heard } from './journal.ts';
import { ask } from './pages.ts';

type Name = 'controller' | 'speaker';
type Environment = Readonly<Record<string, string>>;

const NAMED = { METALLB_NODE_NAME: 'alpha', METALLB_NAMESPACE: NAMESPACE };
const PATIENCE = 10_000;

let dir: string;
/** An API server that is not there. */
let nowhere: string;
const running: RunningProgram[] = [];

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'metal-lb-start-'));
  nowhere = join(dir, 'nowhere.kubeconfig');
  writeFileSync(nowhere, JSON.stringify(kubeconfigOf('https://127.0.0.1:1')));
});

afterEach(async () => {
  for (const program of running.splice(0)) await program.stop('SIGKILL');
});

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

function kubeconfigOf(server: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: 'none' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
}

/** Runs a program to its end, which is to come by itself. */
function endOf(name: Name, args: readonly string[], env: Environment = {}) {
  const { PATH = '' } = process.env;
  const options = { env: { PATH, ...env }, encoding: 'utf8', timeout: PATIENCE } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [programFile(name), ...args],
    options,
  );
  return { code: status, stdout, stderr };
}

/** The one line that a program left, without its time. */
function onlyLine(stdout: string): Record<string, unknown> {
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  const { ts, ...line } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  expect(ts).toMatch(/Z$/);
  return line;
}

/** Starts a program whose page is to answer at `host` and `port`. */
async function start(
  name: Name,
  args: readonly string[],
  env: Environment,
  { host = '127.0.0.1', port }: { host?: string; port: number },
): Promise<RunningProgram> {
  const program = new RunningProgram(process.execPath, [programFile(name), ...args], {
    log: join(dir, `${name}-${port}.log`),
    env,
    metrics: `http://${host}:${port}/metrics`,
  });
  running.push(program);
  return await program.ready();
}

async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

describe('a program that cannot start says why and exits with 1', () => {
  test.each<Name>(['controller', 'speaker'])('%s: a log level that there is not', (name) => {
    expect(endOf(name, ['--log-level=loud'], NAMED)).toEqual({
      code: 1,
      stdout: 'failed to initialize logging: failed to parse log level: loud\n',
      stderr: '',
    });
  });

  test.each<Name>(['controller', 'speaker'])('%s: no namespace', (name) => {
    const { code, stdout, stderr } = endOf(name, [], { METALLB_NODE_NAME: 'alpha' });
    expect([code, stderr]).toEqual([1, '']);
    expect(onlyLine(stdout)).toEqual({
      caller: `metal-${name}`,
      level: 'error',
      op: 'startup',
      msg: 'Unable to get namespace from pod service account data, please specify --namespace or METALLB_NAMESPACE',
    });
  });

  test('speaker: no node name', () => {
    const { code, stdout } = endOf('speaker', [], { METALLB_NAMESPACE: NAMESPACE });
    expect(code).toBe(1);
    expect(onlyLine(stdout)).toEqual({
      caller: 'metal-speaker',
      level: 'error',
      op: 'startup',
      error: 'must specify --node-name or METALLB_NODE_NAME',
      msg: 'missing configuration',
    });
  });

  test('speaker: a memberlist port that is none', () => {
    const { code, stdout } = endOf('speaker', [], { ...NAMED, METALLB_ML_BIND_PORT: 'seven' });
    expect(code).toBe(1);
    expect(onlyLine(stdout)).toMatchObject({ op: 'startup', error: 'unable to parse ml-bindport' });
  });

  test.each<[name: Name, where: string, args: string[]]>([
    ['controller', 'no pod', []],
    ['speaker', 'no pod', []],
    ['controller', 'a kubeconfig that is not there', ['-kubeconfig', '/nowhere']],
    ['speaker', 'a kubeconfig that is none', ['-kubeconfig', '/dev/null']],
    ['speaker', 'a kubeconfig that is not there', ['-kubeconfig', '/nowhere']],
  ])('%s: no way to the API: %s', (name, _where, args) => {
    const { code, stdout } = endOf(name, args, NAMED);
    expect(code).toBe(1);
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({
      level: 'error',
      op: 'startup',
      msg: 'failed to create k8s client',
      error: expect.stringMatching(/./) as string,
    });
  });

  test('speaker: a BGP type that there is not ends like a panic, with 2', () => {
    for (const type of ['', 'bird']) {
      expect(endOf('speaker', [], { ...NAMED, METALLB_BGP_TYPE: type })).toEqual({
        code: 2,
        stdout: '',
        stderr: `unsupported BGP implementation type: ${type}\n`,
      });
    }
  });

  test.each<Name>(['controller', 'speaker'])('%s: a flag that there is not, with 2', (name) => {
    const { code, stdout, stderr } = endOf(name, ['--config-ns=x'], NAMED);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      new RegExp(`^flag provided but not defined: -config-ns\nUsage of metal-${name}:\n`),
    );
  });

  test.each<Name>(['controller', 'speaker'])('%s: help is no failure', (name) => {
    const { code, stderr } = endOf(name, ['-h'], NAMED);
    expect(code).toBe(0);
    expect(stderr).toMatch(/-port int\n/);
  });
});

describe('flags are spelled as Go has them', () => {
  test.each<[spelling: string, of: (port: number) => string[]]>([
    ['-port N', (port) => ['-port', String(port)]],
    ['-port=N', (port) => [`-port=${port}`]],
    ['--port N', (port) => ['--port', String(port)]],
    ['--port=N', (port) => [`--port=${port}`]],
    ['--port=0xN', (port) => [`--port=0x${port.toString(16)}`]],
  ])('%s', async (_spelling, of) => {
    const port = await freePort();
    const args = [...of(port), '-kubeconfig', nowhere];
    const program = await start('speaker', args, NAMED, { port });
    expect(program.ending).toBeUndefined();
  });

  test.each<[args: string[], status: number]>([
    [['-enable-pprof'], 200],
    [['--enable-pprof=true'], 200],
    [['-enable-pprof=false'], 404],
    [[], 404],
  ])('%j: the profile page answers with %i', async (args, status) => {
    const port = await freePort();
    const where = ['-port', String(port), '-kubeconfig', nowhere];
    await start('controller', [...where, ...args], NAMED, { port });
    expect((await ask(`http://127.0.0.1:${port}/debug/pprof/`)).status).toBe(status);
  });
});

describe('the page of the speaker', () => {
  const refused = async (host: string, port: number): Promise<void> => {
    await expect(ask(`http://${host}:${port}/metrics`)).rejects.toThrow(/ECONNREFUSED/);
  };

  test.each(['::1', '[::1]'])('may be at the IPv6 address %s', async (host) => {
    const port = await freePort();
    const args = ['-port', String(port), '-kubeconfig', nowhere];
    await start('speaker', args, { ...NAMED, METALLB_HOST: host }, { host: '[::1]', port });
    await refused('127.0.0.1', port);
  });

  test('is where METALLB_HOST says, unless the flag says otherwise', async () => {
    const [one = 0, two = 0] = await freePorts(2);
    const env = { ...NAMED, METALLB_HOST: '127.0.0.2' };
    const args = ['-kubeconfig', nowhere, '-port'];
    await start('speaker', [...args, String(one)], env, { host: '127.0.0.2', port: one });
    await refused('127.0.0.1', one);
    const flagged = [...args, String(two), '-host=127.0.0.3'];
    await start('speaker', flagged, env, { host: '127.0.0.3', port: two });
    await refused('127.0.0.2', two);
  });
});

describe.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('%s', (signal) => {
  test('ends a speaker that cannot reach the API, in its grace period', async () => {
    const port = await freePort();
    const args = ['-port', String(port), '-kubeconfig', nowhere];
    const speaker = await start('speaker', args, NAMED, { port });

    expect(await speaker.stop(signal, GRACE)).toEqual({ code: 0, signal: null });
    const said = speaker.lines().filter(({ op }) => op === 'shutdown');
    expect(said.map(({ msg }) => msg)).toEqual(['starting shutdown', 'done']);
  });

  test('ends a controller that cannot reach the API', async () => {
    const port = await freePort();
    const args = ['-port', String(port), '-kubeconfig', nowhere];
    const controller = await start('controller', args, NAMED, { port });

    expect(await controller.stop(signal, GRACE)).toEqual({ code: 0, signal: null });
  });
});

describe('beside an API server', () => {
  let plane: ControlPlane;
  let admin: string;

  beforeAll(async () => {
    plane = await startControlPlane();
    await Installation.apply(plane);
    admin = plane.kubeconfig('admin', plane.adminUser);
    for (const namespace of ['default', NAMESPACE]) {
      await plane.admin.create(`/api/v1/namespaces/${namespace}/configmaps`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'settings' },
        data: { config: '' },
      });
    }
  });

  afterAll(async () => {
    await plane.close();
  });

  test('the controller exits with 1 where it cannot make the Secret', () => {
    const args = ['-kubeconfig', admin, '-ml-secret-name=memberlist', '-deployment=absent'];
    const { code, stdout } = endOf('controller', args, NAMED);
    expect(code).toBe(1);
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({
      op: 'startup',
      error: expect.stringContaining('deployments.apps "absent" not found') as string,
      msg: 'failed to create memberlist secret',
    });
  });

  test.each<[name: string, env: Environment, args: string[], configmap: string]>([
    ['the variable', { METALLB_NAMESPACE: 'default' }, [], 'default/settings'],
    [
      'the flag',
      { METALLB_NAMESPACE: 'default' },
      ['-namespace', NAMESPACE],
      `${NAMESPACE}/settings`,
    ],
  ])('the namespace is what %s says', async (_name, env, extra, configmap) => {
    const port = await freePort();
    const args = ['-kubeconfig', admin, '-port', String(port), '--config=settings', ...extra];
    const controller = await start('controller', args, env, { port });
    await heard([controller], { event: 'configLoaded', configmap });
  });

  test.each<[args: string[], slices: boolean]>([
    [[], true],
    [['-disable-epslices=false'], true],
    [['-disable-epslices'], false],
  ])('the speaker with %j uses endpoint slices: %s', async (extra, slices) => {
    const port = await freePort();
    const args = ['-kubeconfig', admin, '-port', String(port), '--config=settings', ...extra];
    const speaker = await start('speaker', [...args, '-log-level=debug'], NAMED, { port });
    // Nothing is decided before endpoints were listed, from wherever.
    await heard([speaker], { event: 'startUpdate' });
    const line = { op: 'New', msg: 'using endpoint slices' };
    expect(allHeard([speaker], line)).toHaveLength(slices ? 1 : 0);
  });

  test.each(['none', 'error', 'warn', 'info', 'debug', 'all'])(
    'at --log-level=%s nothing below it is said',
    async (level) => {
      const port = await freePort();
      const args = ['-kubeconfig', admin, '-port', String(port), `-log-level=${level}`];
      const speaker = await start('speaker', args, NAMED, { port });
      await speaker.stop('SIGTERM', GRACE);
      const order = ['debug', 'info', 'warn', 'error'];
      const lowest = level === 'all' ? 0 : order.indexOf(level);
      const said = speaker.lines().map((line) => order.indexOf(String(line['level'])));
      expect(said.filter((at) => level === 'none' || at < lowest)).toEqual([]);
      expect(said.length > 0).toBe(lowest >= 0 && lowest <= 1);
    },
  );
});
