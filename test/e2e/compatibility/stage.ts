import type { Container, Node } from 'kubernetes-types/core/v1.d.ts';
import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.d.ts';
import {
  type ControlPlane,
  GATEWAY,
  Installation,
  type Lan,
  type LanHost,
  NAMESPACE,
  type Release,
  type RunningProgram,
  Services,
  createNode,
  createPod,
  eventually,
  startControlPlane,
  startControllerPod,
  startSpeakerPod,
} from '../../cluster/index.ts';

export interface StagePlan {
  readonly release: Release;
  /** Tells the hosts of several stages on one LAN apart: a multiple of ten. */
  readonly tens: number;
}

const LAST_LINES = 60;
const SPEAKER_LABELS = { app: 'metallb', component: 'speaker' };

/**
 * A release's manifest on a control plane of its own, with a host for the controller and two nodes for speakers. The
 * programs are started from what was applied, by {@link Stage.start}.
 */
export class Stage {
  readonly release: Release;
  readonly plane: ControlPlane;
  readonly services: Services;
  readonly nodes: readonly [LanHost, LanHost];
  readonly home: LanHost;
  readonly speakers: Map<LanHost, RunningProgram> = new Map<LanHost, RunningProgram>();
  readonly #installation: Installation;
  #controller: RunningProgram | undefined;

  private constructor(plan: StagePlan, lan: Lan, installation: Installation) {
    const { release, tens } = plan;
    this.release = release;
    this.plane = installation.plane;
    this.#installation = installation;
    this.services = new Services(this.plane.admin);
    const host = (number: number): LanHost =>
      lan.add({ name: `n${tens + number}`, number: tens + number });
    this.nodes = [host(1), host(2)];
    this.home = host(3);
  }

  /** Applies the manifest and registers nodes, the pods of their speakers, and a pod that serves `app: web`. */
  static async raise(lan: Lan, plan: StagePlan): Promise<Stage> {
    const options = { address: GATEWAY, controllers: true, dualStack: true, audit: true };
    const plane = await startControlPlane(options);
    const stage = new Stage(plan, lan, await Installation.apply(plane, plan.release));
    await eventually('pods may be made', async () => {
      const account = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`;
      return (await plane.admin.find<{ secrets?: unknown[] }>(account))?.secrets?.length;
    });
    for (const node of stage.nodes) {
      await createNode(plane.admin, node.name, node.address);
      await stage.createSpeakerPod(node);
    }
    const [{ name: node }] = stage.nodes;
    const web = { namespace: 'default', name: 'web-1', address: '10.244.0.2' };
    await createPod(plane.admin, { ...web, node, labels: { app: 'web' } });
    return stage;
  }

  get controller(): RunningProgram {
    if (this.#controller === undefined) throw new Error('the controller was not started');
    return this.#controller;
  }

  async startController(): Promise<RunningProgram> {
    this.#controller = await (await startControllerPod(this.plane, { host: this.home })).ready();
    return this.#controller;
  }

  async startSpeaker(node: LanHost): Promise<RunningProgram> {
    const speaker = await (await startSpeakerPod(this.plane, node)).ready();
    this.speakers.set(node, speaker);
    return speaker;
  }

  speakerOn(node: LanHost): RunningProgram {
    const speaker = this.speakers.get(node);
    if (speaker === undefined) throw new Error(`no speaker on ${node.name}`);
    return speaker;
  }

  /** Starts the controller, and then the speakers, whose pods wait for the Secret that it makes. */
  async start(): Promise<void> {
    await this.startController();
    for (const node of this.nodes) await this.startSpeaker(node);
  }

  async configure(document: string | undefined): Promise<void> {
    await this.#installation.configure(document);
  }

  async createSpeakerPod({ name, address }: LanHost): Promise<void> {
    const pod = { namespace: NAMESPACE, name: `speaker-${name}`, node: name, address };
    await createPod(this.plane.admin, { ...pod, labels: SPEAKER_LABELS, hostNetwork: true });
  }

  async deleteSpeakerPod({ name }: LanHost): Promise<void> {
    const path = `/api/v1/namespaces/${NAMESPACE}/pods/speaker-${name}?gracePeriodSeconds=0`;
    await this.plane.admin.delete(path);
  }

  async labelNode({ name }: LanHost, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.plane.admin.patch<Node>(`/api/v1/nodes/${name}`, { metadata: { labels } });
  }

  /** Changes the container of the DaemonSet or Deployment; programs started afterwards follow it. */
  async edit(
    workload: 'daemonsets/speaker' | 'deployments/controller',
    change: (container: Container) => Partial<Container>,
  ): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/${workload}`;
    const found = await this.plane.admin.get<DaemonSet | Deployment>(path);
    const pod = found.spec?.template.spec;
    const containers = (pod?.containers ?? []).map((one) => ({ ...one, ...change(one) }));
    await this.plane.admin.patch(path, { spec: { template: { spec: { containers } } } });
  }

  /** Which nodes' speakers show the Service as announced. */
  async announcers(service: string): Promise<LanHost[]> {
    const found: LanHost[] = [];
    for (const node of this.nodes) {
      if (this.speakers.get(node)?.ending !== undefined) continue;
      const metrics = await this.speakerOn(node).metrics();
      const wanted = `service="default/${service}"`;
      const shown = [...metrics].some(
        ([sample, value]) =>
          sample.startsWith('metallb_speaker_announced{') && sample.includes(wanted) && value === 1,
      );
      if (shown) found.push(node);
    }
    return found;
  }

  /** Waits until exactly one node announces the Service; a failure says all that it can be judged from. */
  async announced(service: string, within?: number): Promise<LanHost> {
    const probe = async (): Promise<LanHost | undefined> => {
      const [node, ...others] = await this.announcers(service);
      return others.length === 0 ? node : undefined;
    };
    try {
      return await eventually(`one node announces ${service}`, probe, within);
    } catch (error) {
      throw new Error(`${String(error)}\n${await this.#account(service)}`, { cause: error });
    }
  }

  /** The Service and its endpoints as they are stored, and what each program said last. */
  async #account(service: string): Promise<string> {
    const { admin } = this.plane;
    const home = '/namespaces/default';
    const stored = [
      await admin.find(`/api/v1${home}/services/${service}`),
      await admin.find(`/api/v1${home}/endpoints/${service}`),
      await admin.find(`/apis/discovery.k8s.io/v1beta1${home}/endpointslices`),
    ];
    const said = [this.controller, ...this.speakers.values()].map((program) =>
      program.output().trimEnd().split('\n').slice(-LAST_LINES).join('\n'),
    );
    return [this.release, ...stored.map((object) => JSON.stringify(object)), ...said].join('\n\n');
  }

  async close(): Promise<void> {
    for (const program of [...this.speakers.values(), this.#controller]) {
      await program?.stop('SIGKILL');
    }
    await this.plane.close();
  }
}
