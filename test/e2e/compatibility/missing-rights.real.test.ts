import type { ClusterRole, Role } from 'kubernetes-types/rbac/v1.d.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lan, NAMESPACE, eventually, never } from '../../cluster/index.ts';
import { layer2Pool } from './churn.ts';
import { allHeard, heard } from './journal.ts';
import { Requests } from './rights.ts';
import { Stage } from './stage.ts';

const WEB = { spec: { selector: { app: 'web' } } };
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const SPEAKER = `${RBAC}/clusterroles/metallb-system:speaker`;
const CONTROLLER = `${RBAC}/clusterroles/metallb-system:controller`;
const LISTER = `${RBAC}/namespaces/${NAMESPACE}/roles/pod-lister`;
const QUIET = 30_000;
/** Five seconds, then ten, and so on: after {@link QUIET} the next question is at most this far away. */
const NEXT_QUESTION = 50_000;

let lan: Lan;
let stage: Stage;

/** Takes a resource out of a role; what was there comes back with {@link restore}. */
async function withhold(path: string, resource: string): Promise<void> {
  const { rules = [] } = await stage.plane.admin.get<ClusterRole | Role>(path);
  taken.set(path, taken.get(path) ?? rules);
  await stage.plane.admin.patch(path, {
    rules: rules.filter(({ resources }) => resources?.includes(resource) !== true),
  });
}

async function restore(): Promise<void> {
  for (const [path, rules] of taken) await stage.plane.admin.patch(path, { rules });
}

const taken = new Map<string, Role['rules']>();

function forbidden(): string[] {
  return ['controller', 'speaker'].flatMap(
    (account) => Requests.of(stage.plane, account as 'controller' | 'speaker').forbidden.each,
  );
}

beforeAll(async () => {
  lan = new Lan();
  stage = await Stage.raise(lan, { release: 'v0.12.1', tens: 10 });
  await stage.configure(layer2Pool('pool', '192.0.2.100-192.0.2.109'));
  await withhold(SPEAKER, 'endpointslices');
  for (const role of [SPEAKER, CONTROLLER]) await withhold(role, 'events');
  await withhold(LISTER, 'pods');
  await stage.start();
});

afterAll(async () => {
  await stage.close();
  lan.close();
});

describe('without slices, events and the list of pods', () => {
  test('Services get addresses and are announced from a node with an endpoint', async () => {
    await stage.services.create('web', WEB);
    await stage.services.assigned('web', '192.0.2.100');

    expect(await stage.announced('web')).toBe(stage.nodes[0]);
  });

  test('each missing right is said once', async () => {
    await saidOnce();
  });

  test('nothing forbidden is tried for half a minute of work, and rights are asked about seldom', async () => {
    const before = forbidden();
    const accounts = ['controller', 'speaker'] as const;
    const asked = accounts.map((account) => Requests.of(stage.plane, account).count);

    let round = 0;
    await never(
      'a forbidden request',
      async () => {
        round += 1;
        await stage.services.create(`work-${round}`, WEB);
        await stage.services.assigned(`work-${round}`);
        await stage.announced(`work-${round}`);
        await stage.services.delete(`work-${round}`);
        return forbidden().slice(before.length)[0];
      },
      QUIET,
    );

    expect(round).toBeGreaterThan(10);
    await saidOnce();
    for (const [index, account] of accounts.entries()) {
      const { each } = Requests.of(stage.plane, account).after(asked[index] ?? 0);
      const questions = each.filter((request) => request.includes('selfsubjectaccessreviews'));
      expect([account, questions.length]).toEqual([account, expect.toSatisfy(isSeldom)]);
    }
    expect([...new Set(before)].sort()).toEqual([
      'create events default -',
      `list pods ${NAMESPACE} -`,
    ]);
    // Each of four lanes of each program may have been refused once, and each speaker one list.
    expect(before.length).toBeLessThanOrEqual(3 * 4 + 2);
  });
});

describe('rights that are granted again', () => {
  test('are taken up by themselves', async () => {
    await restore();

    await eventually(
      'both speakers know each other',
      () => {
        const names = stage.nodes.map(({ name }) => name);
        const known = [...stage.speakers.values()].every((speaker) =>
          speaker.lines().some(({ nodes }) => JSON.stringify(nodes) === JSON.stringify(names)),
        );
        return known || undefined;
      },
      NEXT_QUESTION,
    );
    await eventually(
      'Events come',
      async () => {
        const name = `told-${Math.round(performance.now())}`;
        await stage.services.create(name, WEB);
        await stage.services.assigned(name);
        await stage.announced(name);
        const reasons = (await stage.services.events(name)).map(({ reason }) => reason);
        await stage.services.delete(name);
        return (reasons.includes('IPAllocated') && reasons.includes('nodeAssigned')) || undefined;
      },
      NEXT_QUESTION,
    );
  }, 120_000);
});

/** Four kinds of questions at most, 5, 10 and 20 seconds apart, by two speakers. */
function isSeldom(count: number): boolean {
  return count > 0 && count <= 20;
}

/** Slices have a substitute, and so are not worth a word. */
async function saidOnce(): Promise<void> {
  const error = expect.stringContaining('is forbidden') as string;
  for (const speaker of stage.speakers.values()) {
    await heard([speaker], { op: 'memberDiscovery', level: 'error' });
    const failures = allHeard([speaker], { op: 'memberDiscovery', level: 'error' });
    expect(failures).toEqual([expect.objectContaining({ error, msg: 'failed to get pod IPs' })]);
    expect(allHeard([speaker], { op: 'New' })).toEqual([]);
  }
  for (const program of [stage.controller, stage.speakerOn(stage.nodes[0])]) {
    await heard([program], { op: 'recordEvent' });
    expect(allHeard([program], { op: 'recordEvent' })).toEqual([
      expect.objectContaining({ level: 'warn', error, msg: 'event not recorded' }),
    ]);
  }
}
