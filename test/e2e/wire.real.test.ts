import { createHash } from 'node:crypto';
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
  type RunningProgram,
  Services,
  createNode,
  createPod,
  eventually,
  never,
  setPodReady,
  startControlPlane,
  startControllerPod,
  startSpeakerPod,
} from '../cluster/index.ts';

const CONFIG = `
address-pools:
- name: four
  protocol: layer2
  addresses: [192.0.2.200-192.0.2.239]
- name: both
  protocol: layer2
  auto-assign: false
  addresses: [192.0.2.240-192.0.2.247, '2001:db8::f0/125']
`;
const BOTH = { 'metallb.universe.tf/address-pool': 'both' };
const IPV6_IN_FULL = '2001:0db8:0000:0000:0000:0000:0000:00f0';
/** Both speakers list each other's pods every ten seconds or so. */
const TAKEOVER = 25_000;

let lan: Lan;
let plane: ControlPlane;
let services: Services;
let nodes: readonly LanHost[];
let client: LanHost;
let capture: Capture;
const speakers = new Map<LanHost, RunningProgram>();
let controller: RunningProgram;

beforeAll(async () => {
  lan = new Lan();
  plane = await startControlPlane({
    address: GATEWAY,
    controllers: true,
    dualStack: true,
    audit: true,
  });
  nodes = [11, 12].map((number) => lan.add({ name: `n${number}`, number }));
  client = lan.add({ name: 'client', number: 50 });
  services = new Services(plane.admin);
  const installation = await Installation.apply(plane);
  await installation.configure(CONFIG);
  controller = await (await startControllerPod(plane)).ready();
  for (const node of nodes) await joinWithSpeaker(node);
  for (const node of nodes) {
    speakers.set(node, await (await startSpeakerPod(plane, node)).ready());
  }
  const web = { ...WEB, node: nodes[0]?.name ?? '', labels: { app: 'web' } };
  await createPod(plane.admin, web);
  capture = await Capture.start(client, plane.dir);
});

afterAll(async () => {
  await capture.stop();
  for (const program of [...speakers.values(), controller]) await program.stop();
  await plane.close();
  lan.close();
});

const WEB = { namespace: 'default', name: 'web-1', address: '10.244.0.2' };

describe('an assigned address, asked for from another machine,', () => {
  test('is answered by ARP with the MAC of the elected node, and by no other', async () => {
    await services.create('web');
    const [address = ''] = await services.assigned('web');
    const winner = elected(nodes, address);
    await announced('web', winner);

    const mark = capture.mark;
    const answers = await eventually('an ARP reply', () => {
      client.ask(address);
      const heard = capture.arp(address, mark).filter(({ solicited }) => solicited);
      return heard.length > 0 ? heard : undefined;
    });

    for (const { source, mac } of answers) expect([source, mac]).toEqual([winner.mac, winner.mac]);
    expect(client.neighbor(address)).toBe(winner.mac);
    await eventually('the counters tell', async () => {
      const metrics = await speakerOn(winner).metrics();
      const of = (name: string): number => metrics.get(`${name}{ip="${address}"}`) ?? 0;
      return (
        (of('metallb_layer2_requests_received') > 0 &&
          of('metallb_layer2_responses_sent') > 0 &&
          of('metallb_layer2_gratuitous_sent') > 0) ||
        undefined
      );
    });
    await services.delete('web');
  });

  test('is answered by NDP too when it is of two families, by the same node', async () => {
    await services.create('dual', {
      annotations: BOTH,
      spec: { selector: { app: 'web' }, ipFamilyPolicy: 'RequireDualStack' },
    });
    const addresses = await services.assigned('dual', '192.0.2.240', '2001:db8::f0');
    const winner = elected(nodes, addresses[0] ?? '');
    await announced('dual', winner);

    const mark = capture.mark;
    const [answer] = await eventually('a Neighbor Advertisement', () => {
      client.ask('2001:db8::f0');
      const heard = capture.ndp(IPV6_IN_FULL, mark).filter(({ solicited }) => solicited);
      return heard.length > 0 ? heard : undefined;
    });

    expect([answer?.source, answer?.mac]).toEqual([winner.mac, winner.mac]);
    expect(client.neighbor('2001:db8::f0')).toBe(winner.mac);
    await services.delete('dual');
  });

  test('was told to everyone unasked, by ARP and NDP', async () => {
    const mark = capture.mark;
    await services.create('loud', {
      annotations: BOTH,
      spec: { selector: { app: 'web' }, ipFamilyPolicy: 'RequireDualStack' },
    });
    const [address = ''] = await services.assigned('loud', '192.0.2.240', '2001:db8::f0');
    const winner = elected(nodes, address);

    await eventually('unsolicited answers', () => {
      const unasked = [...capture.arp(address, mark), ...capture.ndp(IPV6_IN_FULL, mark)].filter(
        ({ solicited, mac }) => !solicited && mac === winner.mac,
      );
      return unasked.length >= 3 || undefined;
    });
    await services.delete('loud');
  });

  test('falls silent without a ready endpoint and speaks again with one', async () => {
    await services.create('flaky', { spec: { selector: { app: 'web' } } });
    const [address = ''] = await services.assigned('flaky');
    const winner = elected(nodes, address);
    await announced('flaky', winner);

    await setPodReady(plane.admin, WEB, false);
    await eventually(
      'it is withdrawn',
      async () => !(await isAnnounced('flaky', winner)) || undefined,
    );

    const mark = capture.mark;
    await never(
      'an answer',
      () => {
        client.ask(address);
        return capture.arp(address, mark)[0];
      },
      1000,
    );
    await setPodReady(plane.admin, WEB, true);
    await announced('flaky', winner);
    await services.delete('flaky');
  });

  test('with policy Local is answered where the endpoint is', async () => {
    await services.create('near', {
      spec: { selector: { app: 'web' }, externalTrafficPolicy: 'Local' },
    });
    const [address = ''] = await services.assigned('near');
    const [home] = nodes as [LanHost];

    await announced('near', home);

    client.ask(address);
    await eventually('the client knows', () => client.neighbor(address) === home.mac || undefined);
    await services.delete('near');
  });
});

describe('the speaker of a node', () => {
  test('is named in an Event, once', async () => {
    await services.create('told', { spec: { selector: { app: 'web' } } });
    const [address = ''] = await services.assigned('told');
    const winner = elected(nodes, address);

    const event = await services.event('told', 'nodeAssigned');

    expect(event).toMatchObject({
      type: 'Normal',
      message: `announcing from node "${winner.name}"`,
      source: { component: 'metallb-speaker' },
      count: 1,
    });
    await services.delete('told');
  });

  test('ends in time on SIGTERM, and its addresses move when its pod is gone', async () => {
    await services.create('moving', { spec: { selector: { app: 'web' } } });
    const [address = ''] = await services.assigned('moving');
    const winner = elected(nodes, address);
    const heir = nodes.find((node) => node !== winner) ?? winner;
    await announced('moving', winner);

    const ending = await speakerOn(winner).stop('SIGTERM', GRACE);
    await plane.admin.delete(
      `/api/v1/namespaces/${NAMESPACE}/pods/speaker-${winner.name}?gracePeriodSeconds=0`,
    );

    expect(ending).toEqual({ code: 0, signal: null });
    await announced('moving', heir, TAKEOVER);
    client.ask(address);
    await eventually('the client knows', () => client.neighbor(address) === heir.mac || undefined);
    await createSpeakerPod(winner);
    speakers.set(winner, await (await startSpeakerPod(plane, winner)).ready());
    await announced('moving', winner, TAKEOVER);
    await services.delete('moving');
  });
});

describe('the rights of a v0.12.1 install', () => {
  test('are enough: nothing forbidden is ever tried', async () => {
    await services.create('lawful', { spec: { selector: { app: 'web' } } });
    await services.event('lawful', 'nodeAssigned');

    const entries = plane.audit();

    const refused = entries.filter(({ responseStatus }) => responseStatus?.code === 403);
    expect(refused.map(({ user, verb, requestURI }) => [user.username, verb, requestURI])).toEqual(
      [],
    );
    for (const account of ['controller', 'speaker']) {
      const username = `system:serviceaccount:${NAMESPACE}:${account}`;
      expect(entries.some(({ user }) => user.username === username)).toBe(true);
    }
    await services.delete('lawful');
  });
});

/** legacy.md §4.3: the smallest SHA-256 of node and first address wins. */
function elected(candidates: readonly LanHost[], address: string): LanHost {
  const digest = ({ name }: LanHost): string =>
    createHash('sha256').update(`${name}#${address}`).digest('hex');
  const [winner] = candidates.toSorted((a, b) => (digest(a) < digest(b) ? -1 : 1));
  if (winner === undefined) throw new Error('nobody to elect');
  return winner;
}

async function joinWithSpeaker(node: LanHost): Promise<void> {
  await createNode(plane.admin, node.name, node.address);
  await eventually('pods may be made', async () => {
    const account = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`;
    return (await plane.admin.find<{ secrets?: unknown[] }>(account))?.secrets?.length;
  });
  await createSpeakerPod(node);
}

async function createSpeakerPod({ name, address }: LanHost): Promise<void> {
  const labels = { app: 'metallb', component: 'speaker' };
  const pod = { namespace: NAMESPACE, name: `speaker-${name}`, node: name, address, labels };
  await createPod(plane.admin, { ...pod, hostNetwork: true });
}

function speakerOn(node: LanHost): RunningProgram {
  const speaker = speakers.get(node);
  if (speaker === undefined) throw new Error(`no speaker on ${node.name}`);
  return speaker;
}

async function isAnnounced(service: string, node: LanHost): Promise<boolean> {
  const metrics = await speakerOn(node).metrics();
  return [...metrics].some(
    ([sample, value]) =>
      sample.startsWith('metallb_speaker_announced{') &&
      sample.includes(`service="default/${service}"`) &&
      value === 1,
  );
}

/** Waits until this node, and no other, announces the Service. */
async function announced(service: string, node: LanHost, within?: number): Promise<void> {
  await eventually(
    `${node.name} alone announces ${service}`,
    async () => {
      const alive = nodes.filter((other) => speakerOn(other).ending === undefined);
      for (const other of alive) {
        if ((await isAnnounced(service, other)) !== (other === node)) return undefined;
      }
      return true;
    },
    within,
  );
}
