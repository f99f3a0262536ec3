import type { Event } from 'kubernetes-types/core/v1.d.ts';
import { Lan, type LanHost, type RunningProgram } from '../../../cluster/index.ts';
import { Stage } from '../stage.ts';

export const CONFIG = `address-pools:
- name: main
  protocol: layer2
  addresses: [192.0.2.100-192.0.2.107]
- name: side
  protocol: layer2
  auto-assign: false
  addresses: [192.0.2.110/32]
`;
export const POOL = 'metallb.universe.tf/address-pool';
export const WEB = { selector: { app: 'web' } };
/** Fields of every line of a program. */
export const CONTROLLER = { caller: 'metal-controller' };
export const SPEAKER = { caller: 'metal-speaker' };

/** One install of v0.12.1 whose programs say everything, and a Service `web` that waits for a configuration. */
export class Scene {
  readonly stage: Stage;
  readonly client: LanHost;
  /** Every one that ever ran: those that ended are kept for what they said. */
  readonly controllers: RunningProgram[];
  readonly speakers: RunningProgram[];
  readonly #lan: Lan;

  private constructor(lan: Lan, stage: Stage) {
    this.#lan = lan;
    this.client = lan.add({ name: 'client', number: 50 });
    this.stage = stage;
    this.controllers = [stage.controller];
    this.speakers = [...stage.speakers.values()];
  }

  static async open(): Promise<Scene> {
    const lan = new Lan();
    const stage = await Stage.raise(lan, { release: 'v0.12.1', tens: 10 });
    for (const workload of ['daemonsets/speaker', 'deployments/controller'] as const) {
      await stage.edit(workload, ({ args = [] }) => ({
        args: args.map((arg) => arg.replace('--log-level=info', '--log-level=debug')),
      }));
    }
    await stage.services.create('web', { spec: WEB });
    await stage.start();
    return new Scene(lan, stage);
  }

  /** The latest Event of a reason about a Service, as far as people read it. */
  async said(name: string, reason: string): Promise<object> {
    return readable(await this.stage.services.event(name, reason));
  }

  async annotate(name: string, annotations: Record<string, string | null>): Promise<void> {
    await this.stage.services.change(name, { metadata: { annotations } });
  }

  async close(): Promise<void> {
    await this.stage.close();
    this.#lan.close();
  }
}

function readable({ type, message, source, involvedObject, count }: Event): object {
  const { apiVersion, kind, namespace, name } = involvedObject;
  const about = `${apiVersion ?? ''} ${kind ?? ''} ${namespace ?? ''}/${name ?? ''}`;
  return { type, message, from: source?.component, about, count };
}
