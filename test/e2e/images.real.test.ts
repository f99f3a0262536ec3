import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.d.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  Capture,
  type ControlPlane,
  GATEWAY,
  GRACE,
  Installation,
  Lan,
  type LanHost,
  NAMESPACE,
  Services,
  createNode,
  createPod,
  eventually,
  startControlPlane,
  writeAccount,
} from '../cluster/index.ts';
import { RunningProgram, programFile } from '../cluster/installation.ts';
import { type Image, type ImageName, assembled, entriesOf, imageOf } from '../images/image.ts';
import { Runtime, type Wish, inside, rightsOf, wishOf } from '../images/runtime.ts';

const NAMES: readonly ImageName[] = ['controller', 'speaker', 'migrate'];
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const NET_RAW = 1n << 13n;
const CONFIG = `
address-pools:
- name: default
  protocol: layer2
  addresses: [192.0.2.200-192.0.2.239]
`;

let images: Readonly<Record<ImageName, Image>>;
let runtime: Runtime;

beforeAll(() => {
  const scratch = mkdtempSync(join(tmpdir(), 'metal-lb-images-'));
  const folder = assembled(scratch);
  const found = NAMES.map((name) => [name, imageOf(folder, name)]);
  images = Object.fromEntries(found) as Record<ImageName, Image>;
  runtime = new Runtime(scratch);
  return () => {
    rmSync(scratch, { recursive: true, force: true });
  };
});

describe('run to its end,', () => {
  test.for(NAMES)('%s explains itself', (name) => {
    const answer = runtime.run(images[name], { args: ['--help'] });

    expect(answer.stdout + answer.stderr).toMatch(
      new RegExp(`^Usage( of|:) metal-${name}\\b`, 'm'),
    );
    expect(answer.stdout + answer.stderr).not.toMatch(/warning/i);
    expect(answer.status).toBe(0);
  });

  test.for(NAMES)('%s refuses an unknown flag with status 2', (name) => {
    expect(runtime.run(images[name], { args: ['--nonsense'] }).status).toBe(2);
  });

  test.for(NAMES)('%s runs on the Node that is locked', (name) => {
    const node = { ...images[name], entrypoint: ['/bin/node', '--version'] };
    const [, , version = ''] =
      /^amd64 (\S+) (\S+)/m.exec(readFileSync('images/node.lock', 'utf8')) ?? [];

    expect(runtime.run(node).stdout.trim()).toBe(`v${version}`);
  });

  test('migrate judges a configuration from its standard input', () => {
    const good = runtime.run(images.migrate, { args: ['validate', '-'] }, CONFIG);
    const bad = runtime.run(images.migrate, { args: ['validate', '-'] }, 'address-pools: 7\n');

    expect(good).toMatchObject({ status: 0, stdout: '-: valid: 1 pool, 0 peers\n' });
    expect(bad.status).toBe(1);
    expect(bad.stdout + bad.stderr).toContain('address-pools');
  });

  test('the speaker finds its native code, and calls libc through it', () => {
    const koffi = '/opt/metal-lb/node_modules/koffi/index.js';
    const script = `import(${JSON.stringify(koffi)}).then(({ default: koffi }) =>
      console.log(koffi.load(null).func('int getpid(void)')() === process.pid))`;
    const node = { ...images.speaker, entrypoint: ['/bin/node', '--eval'] };

    expect(runtime.run(node, { args: [script] })).toEqual({
      status: 0,
      stdout: 'true\n',
      stderr: '',
    });
  });
});

describe('a pod of an installation', () => {
  let lan: Lan;
  let plane: ControlPlane;
  let services: Services;
  let node: LanHost;
  let client: LanHost;
  let capture: Capture;
  let controller: RunningProgram;
  let speaker: RunningProgram;

  beforeAll(async () => {
    lan = new Lan();
    plane = await startControlPlane({ address: GATEWAY, controllers: true });
    [node, client] = [
      lan.add({ name: 'node', number: 11 }),
      lan.add({ name: 'client', number: 50 }),
    ];
    services = new Services(plane.admin);
    const installation = await Installation.apply(plane);
    await installation.configure(CONFIG);
    await createNode(plane.admin, node.name, node.address);
    const labels = { app: 'web' };
    const web = { namespace: 'default', name: 'web-1', address: '10.244.0.2', node: node.name };
    await eventually('pods may be made', async () => {
      await createPod(plane.admin, { ...web, labels });
      return true;
    });
    capture = await Capture.start(client, plane.dir);
    controller = await start('controller', '192.0.2.1', {});
    speaker = await start('speaker', node.address, {
      METALLB_NODE_NAME: node.name,
      METALLB_HOST: node.address,
    });
  });

  afterAll(async () => {
    await capture.stop();
    for (const program of [controller, speaker]) await program.stop();
    await plane.close();
    lan.close();
  });

  test('of the controller assigns as nobody, without any capability', async () => {
    await services.create('plain', { spec: { selector: { app: 'nothing' } } });

    await expect(services.assigned('plain')).resolves.toEqual(['192.0.2.200']);
    expect(rightsOf(controller.pid)).toEqual({
      user: 65534,
      effective: 0n,
      bounding: 0n,
      noNewPrivileges: true,
    });
    await services.delete('plain');
  });

  test('of the speaker answers on the wire with NET_RAW alone', async () => {
    await services.create('web', { spec: { selector: { app: 'web' } } });
    const [address = ''] = await services.assigned('web');

    const [answer] = await eventually('an ARP answer', () => {
      client.ask(address);
      const heard = capture.arp(address).filter(({ solicited }) => solicited);
      return heard.length > 0 ? heard : undefined;
    });

    expect(answer).toMatchObject({ source: node.mac, mac: node.mac });
    expect(rightsOf(speaker.pid)).toEqual({
      user: 0,
      effective: NET_RAW,
      bounding: NET_RAW,
      noNewPrivileges: true,
    });
    await services.delete('web');
  });

  test('lets nothing be written in its root, not even by root, and goes on', async () => {
    for (const [program, image] of [
      [controller, images.controller],
      [speaker, images.speaker],
    ] as const) {
      const folders = entriesOf(image.root)
        .filter(({ path, type }) => type === 'folder' && !/^\/(dev|proc)$/.test(path))
        .map(({ path }) => path);

      const outcomes = JSON.parse(inside(program.pid, writeInto(folders))) as string[];

      expect(folders).toEqual(expect.arrayContaining(['/', '/tmp', '/run', '/etc', ACCOUNT]));
      expect(outcomes).toEqual(folders.map(() => 'EROFS'));
    }
    await services.create('still', { spec: { selector: { app: 'web' } } });
    const [address = ''] = await services.assigned('still');
    await eventually('an ARP answer', () => {
      client.ask(address);
      return client.neighbor(address) === node.mac || undefined;
    });
    await services.delete('still');
  });

  test.for(['controller', 'speaker'] as const)(
    'of the %s has the memory that its first line asks for',
    (name) => {
      const [line = ''] = readFileSync(programFile(name), 'utf8').split('\n', 1);
      const program = name === 'speaker' ? speaker : controller;
      const limit = 'console.log(require("node:v8").getHeapStatistics().heap_size_limit)';
      const flags = line.split(' ').filter((word) => word.startsWith('--'));

      const granted = inside(program.pid, limit, '--env-file=/opt/metal-lb/node.env');

      expect(flags).not.toEqual([]);
      expect(granted).toBe(inside(program.pid, limit, ...flags));
      expect(granted).not.toBe(inside(program.pid, limit));
      const command = readFileSync(`/proc/${program.pid}/cmdline`, 'utf8').split('\0');
      expect(command.slice(0, 3)).toEqual([
        '/bin/node',
        '--env-file=/opt/metal-lb/node.env',
        `/${name}`,
      ]);
    },
  );

  test('ends within its grace period when it is told to', async () => {
    await expect(controller.stop('SIGTERM', GRACE)).resolves.toEqual({ code: 0, signal: null });
    await expect(speaker.stop('SIGTERM', GRACE)).resolves.toEqual({ code: 0, signal: null });
  });

  /** Starts a program from its image as the applied manifest says. */
  async function start(
    name: 'controller' | 'speaker',
    address: string,
    variables: Wish['env'],
  ): Promise<RunningProgram> {
    const kind = name === 'controller' ? 'deployments' : 'daemonsets';
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/${kind}/${name}`;
    const { spec } = await plane.admin.get<{ spec: { template: PodTemplateSpec } }>(path);
    const { spec: pod } = spec.template;
    const [container] = pod?.containers ?? [];
    if (pod === undefined || container === undefined) throw new Error(`${name} has no container`);
    const account = writeAccount(plane, name, await plane.token(NAMESPACE, name));
    const command = runtime.command(images[name], {
      ...wishOf(container, pod),
      env: {
        KUBERNETES_SERVICE_HOST: plane.address,
        KUBERNETES_SERVICE_PORT: String(plane.access.port),
        ...variables,
      },
      mounts: [`${account}:${ACCOUNT}`],
    });
    const network = name === 'speaker' ? ['ip', 'netns', 'exec', node.namespace.name] : [];
    const [enter = '', ...args] = [...network, ...command];
    const program = new RunningProgram(enter, args, {
      log: join(plane.dir, `${name}.log`),
      metrics: `http://${address}:7472/metrics`,
    });
    return await program.ready();
  }
});

/** Prints for each folder what became of a file that was to be made there. */
function writeInto(folders: readonly string[]): string {
  return `console.log(JSON.stringify(${JSON.stringify(folders)}.map((folder) => {
    try {
      require('node:fs').writeFileSync(folder + '/written', '');
      return 'written';
    } catch (error) {
      return error.code;
    }
  })))`;
}
