import type { Acceptance, Config, ServiceView } from '../../src/runtime/model/index.ts';
import type { FolderClusterPorts } from '../../src/runtime/standalone/cluster.ts';
import type { Row } from '../../src/runtime/standalone/index.ts';
import type { Reading } from '../../src/runtime/standalone/settle.ts';
import { ManualClock } from './manual-clock.ts';

/** Files of a folder as if they had been read. */
export function texts(files: Readonly<Record<string, string>>): Map<string, Reading> {
  return new Map(
    Object.entries(files).map(([name, text]) => [name, { kind: 'text', text } as const]),
  );
}

export function serviceManifest(name: string, more = ''): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec:\n  type: LoadBalancer\n  ports: [{port: 80}]\n${more}`;
}

export function configMap(addresses: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: metallb-system}
data:
  config: |
    address-pools:
    - name: default
      protocol: layer2
      addresses: [${addresses}]
`;
}

/** Everything around a FolderCluster, written down. */
export class FolderStage {
  readonly clock: ManualClock = new ManualClock();
  readonly remarks: string[] = [];
  readonly told: string[] = [];
  readonly views: Map<string, ServiceView> = new Map();
  readonly configs: Config[] = [];
  rows: readonly Row[] = [];
  /** The state file; a test may put an Error here to break the disk. */
  disk: string | Error = '';
  /** What the consumer answers. */
  acceptance: Acceptance = { kind: 'accepted' };

  get ports(): FolderClusterPorts {
    return {
      clock: this.clock,
      saveState: (text) => this.#save(text),
      listeners: [
        {
          changed: (key, view) => this.#changed(key, view),
          synced: () => this.told.push('synced'),
        },
      ],
      endpointsChanged: (key) => this.told.push(`endpoints ${key}`),
      consumers: [{ apply: (config) => this.#apply(config) }],
      observer: {
        services: (rows) => (this.rows = rows),
        remark: (text) => this.remarks.push(text),
      },
    };
  }

  async #save(text: string): Promise<void> {
    if (this.disk instanceof Error) throw this.disk;
    this.disk = text;
  }

  #changed(key: string, view: ServiceView | undefined): void {
    this.told.push(`${view === undefined ? 'gone' : 'changed'} ${key}`);
    if (view === undefined) this.views.delete(key);
    else this.views.set(key, view);
  }

  #apply(config: Config): Acceptance {
    if (this.acceptance.kind === 'accepted') this.configs.push(config);
    return this.acceptance;
  }
}
