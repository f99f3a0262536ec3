import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DaemonSet } from 'kubernetes-types/apps/v1.d.ts';
import {
  type ControlPlane,
  GATEWAY,
  Installation,
  Lan,
  type LanHost,
  NAMESPACE,
  type RunningProgram,
  createNode,
  createPod,
  eventually,
  startControlPlane,
  startSpeakerPod,
} from '../../cluster/index.ts';
import { elect } from '../../../src/runtime/layer2/election.ts';
import { Prober } from './prober.ts';
import { givenServices } from './services.ts';

export interface StagePlan {
  readonly nodes: readonly string[];
  /** Each with a Service of its own; only those of IPv4 are asked for. */
  readonly addresses: readonly string[];
  /** Of the speakers, beside those of the manifest. */
  readonly flags?: readonly string[];
  /** Milliseconds between two questions about an address; 20 unless given. */
  readonly every?: number;
}

/** Those of the election's vectors, 192.0.2.10 and on, stay free. */
const FIRST_NODE = 21;
const PROBER = 90;
const PEERS = { app: 'metallb', component: 'speaker' };
const CONFIG = `
address-pools:
- name: documentation
  protocol: layer2
  addresses: [192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, '2001:db8::/64']
`;

/** Addresses that no machine of a stage has: those of the segment first. */
export function freeAddresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    if (index < 100) return `192.0.2.${100 + index}`;
    const [network, octet] = index < 350 ? ['198.51.100', index - 100] : ['203.0.113', index - 350];
    return `${network}.${octet + 1}`;
  });
}

/**
 * A layer-2 segment with nodes, a speaker in each as the manifest of v0.12 starts it, Services that have their
 * addresses, and a prober. There is no controller and no kube-proxy: who answers for an address is all that is looked
 * at, and everything that runs beside it takes from the same cores.
 */
export class Stage {
  readonly plane: ControlPlane;
  readonly lan: Lan;
  readonly nodes: readonly LanHost[];
  readonly addresses: readonly string[];
  readonly prober: Prober;
  /** Of the Secret `memberlist`. */
  readonly key: string;
  readonly #speakers = new Map<string, RunningProgram>();

  private constructor(
    parts: Pick<Stage, 'plane' | 'lan' | 'nodes' | 'addresses' | 'prober' | 'key'>,
  ) {
    this.plane = parts.plane;
    this.lan = parts.lan;
    this.nodes = parts.nodes;
    this.addresses = parts.addresses;
    this.prober = parts.prober;
    this.key = parts.key;
  }

  /** Resolves when every address is answered for by the node elected. */
  static async open(plan: StagePlan): Promise<Stage> {
    const lan = new Lan();
    const opened: { close: () => unknown }[] = [lan];
    try {
      const plane = await startControlPlane({ address: GATEWAY });
      opened.push(plane);
      const stage = await Stage.#prepare(plan, lan, plane);
      opened.splice(0, opened.length, stage);
      await Promise.all(stage.nodes.map(async (node) => await stage.start(node)));
      await stage.settled();
      return stage;
    } catch (error) {
      for (const part of opened.reverse()) await part.close();
      throw error;
    }
  }

  static async #prepare(
    { nodes: names, addresses, flags = [], every = 20 }: StagePlan,
    lan: Lan,
    plane: ControlPlane,
  ): Promise<Stage> {
    const nodes = names.map((name, index) => lan.add({ name, number: FIRST_NODE + index }));
    const key = randomBytes(16).toString('base64').replace(/=+$/, '');
    await prepare(plane, { nodes, flags, key });
    await givenServices(plane.admin, addresses, nodes[0]?.name ?? '');
    const asked = addresses.filter((address) => !address.includes(':'));
    const prober = new Prober(lan.add({ name: 'prober', number: PROBER }), plane.dir, {
      addresses: asked,
      every,
    });
    return new Stage({ plane, lan, nodes, addresses: asked, prober, key });
  }

  node(name: string): LanHost {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`there is no node ${name}`);
    return found;
  }

  get names(): readonly string[] {
    return this.nodes.map(({ name }) => name);
  }

  /** The node that the election gives an address, among the stage's nodes or those named. */
  elected(address: string, among: readonly string[] = this.names): string {
    return elect(among, address) ?? '';
  }

  /** The nodes whose speakers say of themselves that they announce an address. */
  async announcers(address: string): Promise<string[]> {
    const found: string[] = [];
    for (const node of this.nodes) {
      const speaker = this.speaker(node);
      if (speaker.ending !== undefined) continue;
      const keys = [...(await speaker.metrics()).keys()];
      const said = keys.some((key) => key.includes('_announced{') && key.includes(`"${address}"`));
      if (said) found.push(node.name);
    }
    return found;
  }

  speaker({ name }: LanHost): RunningProgram {
    const found = this.#speakers.get(name);
    if (found === undefined) throw new Error(`${name} has no speaker`);
    return found;
  }

  /** Starts the speaker of a node, and waits until it answers for its metrics. */
  async start(node: LanHost): Promise<void> {
    const speaker = await startSpeakerPod(this.plane, node);
    this.#speakers.set(node.name, speaker);
    await speaker.ready(30_000);
  }

  /**
   * Waits until each address is answered for by whom the election gives it, and by nobody else.
   *
   * @param among - the members of the ring; those that are no nodes of the stage are not expected to answer
   */
  async settled(among: readonly string[] = this.names, within = 60_000): Promise<void> {
    await eventually(
      'the elected nodes answer, and nobody else',
      () => {
        const wrong = this.addresses.filter((address) => !this.#isRight(address, among));
        if (wrong.length === 0) return true;
        const [first = ''] = wrong;
        const seen = this.prober.journal.answering(first).join(' and ') || 'nobody';
        throw new Error(`${wrong.length} are not; ${seen} answers for ${first}`);
      },
      within,
    );
  }

  /** Takes the port of a node out of the segment: its link stays up, and leads nowhere. */
  cutOff(node: LanHost): void {
    ip('link', 'set', node.port, 'nomaster');
  }

  mend(node: LanHost): void {
    ip('link', 'set', node.port, 'master', 'br0');
  }

  /** Pulls the cable: the node sees that its link has no carrier. */
  unplug(node: LanHost): void {
    ip('link', 'set', node.port, 'down');
  }

  plugIn(node: LanHost): void {
    ip('link', 'set', node.port, 'up');
  }

  /** Ends everything, and copies the logs of the speakers to `$LOGS` if that is set. */
  async close(): Promise<void> {
    for (const speaker of this.#speakers.values()) await speaker.stop('SIGKILL');
    await this.prober.stop();
    const { LOGS } = process.env;
    if (LOGS !== undefined) keepLogs(this.plane.dir, LOGS);
    await this.plane.close();
    this.lan.close();
  }

  #isRight(address: string, among: readonly string[]): boolean {
    const elected = this.elected(address, among);
    const owners = this.nodes.filter(({ name }) => name === elected).map(({ mac }) => mac);
    return owners.join() === this.prober.journal.answering(address).join();
  }
}

async function prepare(
  plane: ControlPlane,
  { nodes, flags, key }: { nodes: readonly LanHost[]; flags: readonly string[]; key: string },
): Promise<void> {
  const { admin } = plane;
  const installation = await Installation.apply(plane);
  await installation.configure(CONFIG);
  const inside = `/api/v1/namespaces/${NAMESPACE}`;
  // Without its controller no service account would have the token that a pod is given by default.
  await admin.create(`${inside}/serviceaccounts`, {
    metadata: { name: 'default' },
    automountServiceAccountToken: false,
  });
  const data = { secretkey: Buffer.from(key).toString('base64') };
  await admin.create(`${inside}/secrets`, { metadata: { name: 'memberlist' }, data });
  await addFlags(plane, flags);
  for (const { name, address } of nodes) {
    await createNode(admin, name, address);
    const pod = { namespace: NAMESPACE, name: `speaker-${name}`, node: name, address };
    await createPod(admin, { ...pod, labels: PEERS, hostNetwork: true });
  }
}

async function addFlags({ admin }: ControlPlane, flags: readonly string[]): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/speaker`;
  const { spec } = await admin.get<DaemonSet>(path);
  const containers = spec?.template.spec?.containers.map((container) => ({
    ...container,
    args: [...(container.args ?? []), ...flags],
  }));
  await admin.patch(path, { spec: { template: { spec: { containers } } } });
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function keepLogs(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter((name) => /^speaker-.*\.log$/.test(name))) {
    copyFileSync(join(from, name), join(to, name));
  }
}

/** A while of chance, so that what follows meets the timers of the ring in any phase. */
export async function anyPhase(): Promise<void> {
  await pause(500 + 1000 * Math.random());
}
