import type { Secret } from 'kubernetes-types/core/v1.d.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ControlPlane,
  Installation,
  NAMESPACE,
  type RunningProgram,
  Services,
  eventually,
  never,
  startControlPlane,
  startControllerPod,
  writeAccount,
} from '../cluster/index.ts';

const CONFIG = `
address-pools:
- name: wide
  protocol: layer2
  addresses:
  - 198.51.100.0/24
  - 203.0.113.0/24
`;

let plane: ControlPlane;
let installation: Installation;
let services: Services;
const running: RunningProgram[] = [];

async function start(
  ...options: Parameters<Installation['startController']>
): Promise<RunningProgram> {
  const controller = await installation.startController(...options);
  running.push(controller);
  return await controller.ready();
}

beforeAll(async () => {
  plane = await startControlPlane();
  services = new Services(plane.admin);
  installation = await Installation.apply(plane);
  await installation.configure(CONFIG);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (controller) => await controller.stop()));
  await services.clear();
});

afterAll(async () => {
  await plane.close();
});

describe('the API server, killed and started again,', () => {
  test('finds a controller that lost nothing and goes on', async () => {
    const controller = await start();
    await create('before', 20);
    const before = await allAssigned(20);

    await plane.stopApiServer('SIGKILL');
    await plane.startApiServer();
    await create('after', 5);

    const after = await allAssigned(25);
    for (const [name, address] of before) expect(after.get(name)).toBe(address);
    expect(new Set(after.values()).size).toBe(25);
    expect(controller.ending).toBeUndefined();
  });
});

describe('a controller that is killed', () => {
  test('with 200 Services leaves every address where it was, whoever waits', async () => {
    const first = await start();
    await create('old', 200);
    const before = await allAssigned(200);
    // Events follow the addresses; one that was not written yet would be lost with the controller.
    await eventually('the Event is recorded', async () => {
      return (await services.events('old-7')).length > 0 || undefined;
    });
    await first.stop('SIGKILL');
    for (const name of ['old-50', 'old-51']) await services.delete(name);
    await create('aaa-waiting', 5);

    await start({ name: 'second' });

    const after = await allAssigned(203);
    expect(new Set(after.values()).size).toBe(203);
    for (const [name, address] of after) {
      if (name.startsWith('old-')) expect(address).toBe(before.get(name));
    }
    const told = await services.events('old-7');
    expect(told.map(({ reason, count }) => `${reason ?? ''} ${count ?? 0}`)).toEqual([
      'IPAllocated 1',
    ]);
  });
});

describe('two controllers side by side', () => {
  test('end with no address given twice, and older Services keep theirs', async () => {
    await start({ name: 'old' });
    await create('kept', 30);
    const kept = await allAssigned(30);

    const [, second] = await Promise.all([create('during', 60), start({ name: 'new' })]);
    await create('after', 30);

    await settled(120);
    const found = await allAssigned(120);
    for (const [name, address] of kept) expect(found.get(name)).toBe(address);
    await running[0]?.stop('SIGKILL');
    await services.create('last');
    await services.assigned('last');
    expect(second.ending).toBeUndefined();
  });
});

describe('the Secret of the speakers', () => {
  test('is made once, with 22 characters, and belongs to the Deployment', async () => {
    await start();
    const path = `/api/v1/namespaces/${NAMESPACE}/secrets/memberlist`;
    const secret = await eventually('the Secret exists', () => plane.admin.find<Secret>(path));

    await start({ name: 'again' });

    expect(await plane.admin.get<Secret>(path)).toEqual(secret);
    expect(secret.type).toBe('Opaque');
    const key = Buffer.from(secret.data?.['secretkey'] ?? '', 'base64').toString('latin1');
    expect(key).toMatch(/^[A-Za-z0-9+/]{22}$/);
    expect(secret.metadata?.ownerReferences).toMatchObject([
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'controller' },
    ]);
    for (const controller of running) expect(controller.output()).not.toContain(key);
  });
});

describe('a token that is replaced', () => {
  test('is read again, so that writing goes on when the old one ends', async () => {
    const old = await revocableToken('rotated');
    running.push(await (await startControllerPod(plane, { token: old.token })).ready());
    await services.create('first');
    await services.assigned('first');

    writeAccount(plane, 'controller-pod', await plane.token(NAMESPACE, 'controller'));
    await old.revoke();
    await services.create('second');

    await services.assigned('second');
    await never(
      'the address is lost',
      async () => {
        return (await services.addresses()).get('second')?.length === 0 || undefined;
      },
      500,
    );
  });
});

async function create(prefix: string, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await Promise.all(names.map(async (name) => await services.create(name)));
}

/** Waits until this many Services have an address each, and returns them by name. */
async function allAssigned(count: number): Promise<Map<string, string>> {
  return await eventually(
    `${count} Services have addresses`,
    async () => {
      const found = [...(await services.addresses())].flatMap(([name, [address]]) =>
        address === undefined ? [] : [[name, address] as const],
      );
      if (found.length !== count) throw new Error(`${found.length} have`);
      return new Map(found);
    },
    60_000,
  );
}

/** Waits until no address is held twice and it stays so for a while. */
async function settled(count: number): Promise<void> {
  await eventually(
    'no address is held twice',
    async () => {
      const held = await allAssigned(count);
      if (new Set(held.values()).size < held.size) return undefined;
      await never(
        'an address moves',
        async () => {
          const now = await services.addresses();
          return [...held].find(([name, address]) => now.get(name)?.[0] !== address);
        },
        2000,
      );
      return true;
    },
    60_000,
  );
}

/** A token that ends when a Secret is deleted, since the shortest lifetime is ten minutes. */
async function revocableToken(
  name: string,
): Promise<{ readonly token: string; revoke(): Promise<void> }> {
  const secrets = `/api/v1/namespaces/${NAMESPACE}/secrets`;
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name } };
  const { metadata } = await plane.admin.create<Secret>(secrets, object);
  const reference = { apiVersion: 'v1', kind: 'Secret', name, uid: metadata?.uid ?? '' };
  const token = await plane.token(NAMESPACE, 'controller', { boundTo: reference });
  const revoke = async (): Promise<void> => {
    await plane.admin.delete(`${secrets}/${name}`);
    const client = plane.client(token);
    await eventually(
      'the old token is refused',
      async () => {
        return (await client.request('GET', '/api/v1/services')).status === 401 || undefined;
      },
      30_000,
    );
    client.close();
  };
  return { token, revoke };
}
