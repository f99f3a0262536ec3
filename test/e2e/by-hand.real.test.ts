import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { kubernetesPrograms } from '../cluster/by-hand/commands/enter.ts';
import { eventually } from '../cluster/index.ts';
import { CLUSTER_COMMAND, ClusterUser, type Outcome } from '../support/cluster-user.ts';

const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8);

describe('a cluster by hand', () => {
  let user: ClusterUser;
  let start: Outcome;

  beforeAll(async () => {
    user = new ClusterUser();
    start = await user.cluster('up', '2');
  });

  afterAll(async () => {
    await user.leave();
  });

  test('says how to use it, and keeps the key of the administrator to root', () => {
    expect(start).toMatchObject({ code: 0, stderr: '' });
    expect(start.stdout).toContain(`export KUBECONFIG=${user.kubeconfig}\n`);
    expect([mode(user.state), mode(user.kubeconfig)]).toEqual(['700', '600']);
  });

  test('answers plain kubectl outside its network', async () => {
    const { stdout } = await user.run(
      join(kubernetesPrograms(), 'kubectl'),
      ...['--kubeconfig', user.kubeconfig, 'get', 'nodes', '--no-headers'],
    );

    const nodes = stdout.trimEnd().split('\n');
    expect(nodes.map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
      ['n1', 'Ready'],
      ['n2', 'Ready'],
    ]);
  });

  test('runs what is applied from the folder of the user, and its client reaches it', async () => {
    await user.runPod();

    const url = 'http://192.0.2.12:30080/';
    const ask = `fetch('${url}').then((answer) => answer.text()).then(console.log)`;
    const { stdout } = await eventually(`${url} answers`, async () => {
      const asked = await user.cluster('client', process.execPath, '-e', ask);
      return asked.code === 0 ? asked : undefined;
    });

    expect(JSON.parse(stdout)).toMatchObject({ pod: 'echo' });
  });

  test('runs commands on the machine that is named, in the folder of the user', async () => {
    const client = await user.cluster('client', 'sh', '-c', 'ip -br -4 addr show eth0; pwd');
    expect(client.stdout).toMatch(/192\.0\.2\.50\/24/);
    expect(client.stdout).toContain(`\n${user.home}\n`);

    const node = await user.cluster('node', 'n2', 'ip', '-br', '-4', 'addr', 'show', 'eth0');
    expect(node.stdout).toMatch(/192\.0\.2\.12\/24/);
  });

  test('passes the exit code of a command on', async () => {
    expect(await user.cluster('client', 'sh', '-c', 'exit 7')).toMatchObject({ code: 7 });
    expect(await user.cluster('node', 'n1', 'false')).toMatchObject({ code: 1 });
    expect(await user.cluster('kubectl', 'get', 'pod', 'absent')).toMatchObject({ code: 1 });
  });

  test('tells what a wrong name could have been', async () => {
    expect(await user.cluster('node', 'n3', 'true')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'cluster: no node n3; there are n1, n2\n',
    });
    expect(await user.cluster('logs', 'nobody')).toMatchObject({ code: 1, stdout: '' });
  });

  test('tells what runs, and shows its logs', async () => {
    const { code, stdout } = await user.cluster('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^n1 192\.0\.2\.11\nn2 192\.0\.2\.12\nclient 192\.0\.2\.50$/m);

    const names = (await user.cluster('logs')).stdout.split('\n');
    expect(names).toEqual(expect.arrayContaining(['apiserver', 'etcd', 'kube-proxy-n2']));
    expect((await user.cluster('logs', 'apiserver')).stdout).toContain('Serving securely');
  });

  test('is not started twice', async () => {
    const again = await user.cluster('up', '3');

    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain(`a cluster is up already (${user.state})`);
    expect(await user.cluster('status')).toMatchObject({ code: 0 });
  });
});

describe('the end of a cluster by hand', () => {
  let user: ClusterUser;
  let before: object;

  beforeEach(() => {
    user = new ClusterUser();
    before = user.traces();
  });

  afterEach(async () => {
    await user.leave();
  });

  test('leaves nothing, however often it is asked for', async () => {
    await user.cluster('up', '1');
    await user.runPod();
    const during = user.traces();

    expect(await user.cluster('down')).toMatchObject({
      code: 0,
      stdout: 'The cluster is down.\n',
    });

    expect(user.traces()).toEqual(before);
    // What was looked for had been there.
    expect(during).not.toMatchObject({ processes: [] });
    expect(during).not.toMatchObject({ groups: [] });
    expect(await user.cluster('down')).toMatchObject({ code: 0, stdout: 'No cluster is up.\n' });
    expect(await user.cluster('status')).toMatchObject({ code: 1 });
    expect(await user.cluster('client', 'true')).toMatchObject({ code: 1 });
  });

  test("comes with the kill of its holder, and what that left is in nobody's way", async () => {
    await user.cluster('up', '1');
    await user.runPod();
    const endless = user.cluster('client', 'sleep', 'infinity');

    process.kill(user.holder, 'SIGKILL');

    await eventually('nothing runs', () => user.processes().length === 0 || undefined);
    expect((await endless).code).not.toBe(0);
    expect((await user.cluster('status')).stdout).toContain('ended by itself');
    expect(await user.cluster('kubectl', 'get', 'nodes')).toMatchObject({ code: 1 });
    expect(await user.cluster('up', '1')).toMatchObject({ code: 0, stderr: '' });
    expect((await user.cluster('kubectl', 'get', 'pods')).stdout).toBe('');

    await user.runPod();
    process.kill(user.holder, 'SIGKILL');

    expect(await user.cluster('down')).toMatchObject({ code: 0 });
    expect(user.traces()).toEqual(before);
  });

  test('comes with Ctrl-C when the cluster stays in the foreground', async () => {
    const up = spawn(process.execPath, [CLUSTER_COMMAND, 'up', '1', '--detach=false'], {
      cwd: user.home,
      env: user.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    up.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await eventually('it is up', () => said.includes('kubectl get nodes') || undefined, 60_000);

    up.kill('SIGINT');

    expect(await once(up, 'exit')).toEqual([0, null]);
    expect(user.traces()).toEqual(before);
  });

  test('is told with its reason when it could not begin', async () => {
    const broken = join(user.home, 'bin');
    mkdirSync(broken);
    writeFileSync(join(broken, 'iptables'), '#!/bin/sh\necho no tables here >&2\nexit 1\n', {
      mode: 0o755,
    });
    user.env['PATH'] = `${broken}:${process.env['PATH'] ?? ''}`;

    const { code, stderr } = await user.cluster('up', '1');

    expect(code).toBe(1);
    expect(stderr).toContain('the cluster did not start');
    expect(stderr).toContain('no tables here');
    expect(user.processes()).toEqual([]);
    rmSync(broken, { recursive: true });
    await user.cluster('down');
    expect(user.traces()).toEqual(before);
  });
});

describe('the cluster command', () => {
  let user: ClusterUser;

  beforeAll(() => {
    user = new ClusterUser();
  });

  afterAll(async () => {
    await user.leave();
  });

  test('shows an example to whoever asks', async () => {
    const { code, stdout } = await user.cluster('--help');

    expect(code).toBe(0);
    expect(stdout).toContain('npm run cluster -- up 3');
  });

  test.each([
    ['up', '0'],
    ['up', '10'],
    ['up', 'many'],
    ['up', '--detach=maybe'],
    ['start', '3'],
  ])('refuses %s %s and starts nothing', async (...args) => {
    expect(await user.cluster(...args)).toMatchObject({ code: 2, stdout: '' });
    expect(existsSync(user.state)).toBe(false);
  });

  test('needs root, and says so', async () => {
    // It may read everything, wherever this repository is, and still is not root.
    const readAll = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
    const nobody = ['--reuid', '65534', '--clear-groups', ...readAll, '--', process.execPath];

    const { code, stderr } = await user.run('setpriv', ...nobody, CLUSTER_COMMAND, 'up');

    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'cluster: needs root: it makes network namespaces\n',
    });
  });

  test('keeps its hands off a folder that holds something else', async () => {
    const valued = join(user.home, 'valued');
    mkdirSync(valued);
    writeFileSync(join(valued, 'letter'), 'dear');
    user.env['METAL_LB_CLUSTER'] = valued;

    for (const command of ['up', 'down', 'status']) {
      expect(await user.cluster(command)).toMatchObject({ code: 2 });
    }
    expect(readdirSync(valued)).toEqual(['letter']);
  });
});
