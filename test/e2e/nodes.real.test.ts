import type { DaemonSet } from 'kubernetes-types/apps/v1.d.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { electionOrder } from '../../src/runtime/layer2/election.ts';
import {
  Capture,
  type ControlPlane,
  GATEWAY,
  Installation,
  Lan,
  type LanHost,
  NAMESPACE,
  type RunningProgram,
  Services,
  createNode,
  createPod,
  eventually,
  startControlPlane,
  startControllerPod,
  startSpeakerPod,
} from '../cluster/index.ts';

const CONFIG = `
address-pools:
- name: teal
  protocol: layer2
  addresses: [192.0.2.200-192.0.2.239]
`;
const EXCLUDE = 'node.kubernetes.io/exclude-from-external-load-balancers';
const WEB = { namespace: 'default', name: 'web-1', address: '10.244.0.2' };

let lan: Lan;
let plane: ControlPlane;
let services: Services;
let nodes: readonly LanHost[];
let client: LanHost;
let capture: Capture;
let controller: RunningProgram;
const speakers = new Map<string, RunningProgram>();

beforeAll(async () => {
  lan = new Lan();
  plane = await startControlPlane({ address: GATEWAY, controllers: true, audit: true });
  nodes = [11, 12, 13].map((number) => lan.add({ name: `n${number}`, number }));
  client = lan.add({ name: 'client', number: 50 });
  services = new Services(plane.admin);
  const installation = await Installation.apply(plane);
  await installation.configure(CONFIG);
  await givesSpeakers('--compat=v0.13');
  controller = await (await startControllerPod(plane)).ready();
  for (const node of nodes) await join(node);
  for (const node of nodes) {
    speakers.set(node.name, await (await startSpeakerPod(plane, node)).ready());
  }
  await createPod(plane.admin, { ...WEB, node: nodes[0]?.name ?? '', labels: { app: 'web' } });
  capture = await Capture.start(client, plane.dir);
});

afterAll(async () => {
  await capture.stop();
  for (const program of [...speakers.values(), controller]) await program.stop();
  await plane.close();
  lan.close();
});

describe('under v0.13 a Service moves to the next node of the election', () => {
  test('when its node is excluded, and back when it is not any more', async () => {
    const [first, second] = await announcing('excluded');
    await label(first, { [EXCLUDE]: 'true' });
    await isAnswered('excluded', second);
    await label(first, { [EXCLUDE]: null });
    await isAnswered('excluded', first);
    await services.delete('excluded');
  });

  test('when its node has no network, and back when it has', async () => {
    const [first, second] = await announcing('cut-off');
    await network(first, 'True');
    await isAnswered('cut-off', second);
    expect(withdrawn(first, 'cut-off')).toEqual(['notOwner']);
    await network(first, 'False');
    await isAnswered('cut-off', first);
    await services.delete('cut-off');
  });

  test('and to nobody when every node is excluded', async () => {
    const [first] = await announcing('nowhere');
    for (const node of nodes) await label(node, { [EXCLUDE]: '' });
    await eventually('it is withdrawn', () => withdrawn(first, 'nowhere').length > 0 || undefined);
    await announcers('nowhere', []);
    for (const node of nodes) await label(node, { [EXCLUDE]: null });
    await isAnswered('nowhere', first);
    await services.delete('nowhere');
  });
});

test('an Event names the node and the protocol, once for each time that it begins to announce', async () => {
  const [first] = await announcing('told');
  const event = await services.event('told', 'nodeAssigned');
  expect(event).toMatchObject({
    type: 'Normal',
    message: `announcing from node "${first.name}" with protocol "layer2"`,
    source: { component: 'metallb-speaker' },
    count: 1,
  });
  await services.delete('told');
});

test('the rights of a v0.12.1 install are enough: Nodes are watched, and nothing forbidden is tried', () => {
  const username = `system:serviceaccount:${NAMESPACE}:speaker`;
  const entries = plane.audit().filter(({ user }) => user.username === username);
  const refused = entries.filter(({ responseStatus }) => responseStatus?.code === 403);
  expect(refused.map(({ verb, requestURI }) => [verb, requestURI])).toEqual([]);
  const ofNodes = entries.filter(({ requestURI }) => requestURI.startsWith('/api/v1/nodes'));
  expect(ofNodes.length).toBeGreaterThan(0);
  expect(ofNodes.filter(({ requestURI }) => requestURI.includes('fieldSelector'))).toEqual([]);
});

/** Starts speakers from now on with one argument more. */
async function givesSpeakers(argument: string): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/speaker`;
  const { spec } = await plane.admin.get<DaemonSet>(path);
  const containers = spec?.template.spec?.containers.map((container) => ({
    ...container,
    args: [...(container.args ?? []), argument],
  }));
  await plane.admin.patch(path, { spec: { template: { spec: { containers } } } });
}

async function join(node: LanHost): Promise<void> {
  const { name, address } = node;
  await createNode(plane.admin, name, address);
  await eventually('pods may be made', async () => {
    const account = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`;
    return (await plane.admin.find<{ secrets?: unknown[] }>(account))?.secrets?.length;
  });
  const labels = { app: 'metallb', component: 'speaker' };
  const pod = { namespace: NAMESPACE, name: `speaker-${name}`, node: name, address, labels };
  await createPod(plane.admin, { ...pod, hostNetwork: true });
}

async function label({ name }: LanHost, labels: Record<string, string | null>): Promise<void> {
  await plane.admin.patch(`/api/v1/nodes/${name}`, { metadata: { labels } });
}

async function network({ name }: LanHost, unavailable: 'True' | 'False'): Promise<void> {
  const conditions = [
    { type: 'Ready', status: 'True' },
    { type: 'NetworkUnavailable', status: unavailable },
  ];
  await plane.admin.patch(`/api/v1/nodes/${name}/status`, { status: { conditions } });
}

/** Creates a Service and waits until it is announced; the nodes in the order in which they would take over. */
async function announcing(name: string): Promise<readonly [LanHost, LanHost]> {
  await services.create(name, { spec: { selector: { app: 'web' } } });
  const [address = ''] = await services.assigned(name);
  const names = nodes.map((node) => node.name);
  const [first, second] = electionOrder(names, address).map((each) =>
    nodes.find((node) => node.name === each),
  );
  if (first === undefined || second === undefined) throw new Error('too few nodes');
  await isAnswered(name, first);
  return [first, second];
}

/** Waits until this node alone announces the Service, and answers for it on the wire. */
async function isAnswered(name: string, node: LanHost): Promise<void> {
  await announcers(name, [node.name]);
  const [address = ''] = await services.assigned(name);
  const mark = capture.mark;
  const answers = await eventually('an ARP reply', () => {
    client.ask(address);
    const heard = capture.arp(address, mark).filter(({ solicited }) => solicited);
    return heard.length > 0 ? heard : undefined;
  });
  expect(answers.map(({ mac }) => mac)).toEqual(answers.map(() => node.mac));
}

/** Waits until these nodes and no others announce the Service. */
async function announcers(name: string, wanted: readonly string[]): Promise<void> {
  await eventually(`${wanted.join(' and ') || 'nobody'} announces ${name}`, async () => {
    const found: string[] = [];
    for (const [node, speaker] of speakers) {
      const announced = [...(await speaker.metrics())].some(
        ([sample, value]) =>
          sample.startsWith('metallb_speaker_announced{') &&
          sample.includes(`service="default/${name}"`) &&
          value === 1,
      );
      if (announced) found.push(node);
    }
    return found.join() === wanted.join() || undefined;
  });
}

/** Why the node's speaker withdrew the Service, each time it did. */
function withdrawn({ name }: LanHost, service: string): unknown[] {
  const lines = speakers.get(name)?.lines() ?? [];
  return lines
    .filter((line) => line['event'] === 'serviceWithdrawn')
    .filter((line) => line['service'] === `default/${service}`)
    .map((line) => line['reason']);
}
