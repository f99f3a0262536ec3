import { convertLegacy } from '../../../src/migrate/conversion/index.ts';
import type { Manifest } from '../../../src/migrate/manifests/manifest.ts';
import {
  CONTROLLER,
  type Ground,
  type Migration,
  SPEAKER,
} from '../../../src/migrate/transaction/index.ts';
import { type Json, identify, member, text } from '../../../src/runtime/kube/index.ts';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import { SeededRandom } from '../seeded-random.ts';
import { ApplyingApi } from './applying-api.ts';
import { HastyClock } from './hasty-clock.ts';

export const NAMESPACE = 'metallb-system';
export const CONFIG_MAP = '/api/v1/namespaces/metallb-system/configmaps/config';
export const SERVICE = '/api/v1/namespaces/default/services/web';
export const POOL_ANNOTATION = 'metallb.universe.tf/address-pool';
export const PASSWORD = 's3cret-of-the-spine';
const CONFIG = `peers:
- {my-asn: 64500, peer-asn: 64501, peer-address: 192.0.2.9, password: ${PASSWORD}}
address-pools:
- {name: Harbor West, protocol: layer2, addresses: [203.0.113.0/28]}
- {name: routed, protocol: bgp, addresses: [198.51.100.0/28]}
`;

/** A cluster in memory with a ConfigMap, a Service that has an address, and the ground for a transaction. */
export class MigrationSite {
  readonly api: ApplyingApi;
  readonly told: string[] = [];
  /** What was written into the file of the record, the last at the end. */
  readonly kept: string[] = [];
  readonly #interruption = new AbortController();
  readonly ground: Ground;

  /** @param inherited - the cluster of another site, which somebody else works on now */
  constructor(inherited?: ApplyingApi) {
    this.api = inherited ?? new ApplyingApi();
    this.ground = {
      client: this.api,
      clock: new HastyClock(),
      random: new SeededRandom(1),
      namespace: NAMESPACE,
      interrupted: this.#interruption.signal,
      patience: seconds(30),
      progress: (line) => void this.told.push(line),
      keep: async (record) => {
        this.kept.push(record);
        return { kind: 'written' };
      },
    };
    if (inherited !== undefined) return;
    this.configure(CONFIG);
    this.api.put(SERVICE, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'web',
        namespace: 'default',
        annotations: { [POOL_ANNOTATION]: 'Harbor West' },
      },
      spec: { type: 'LoadBalancer' },
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } },
    });
  }

  configure(config: string): void {
    const metadata = { name: 'config', namespace: NAMESPACE };
    this.api.put(CONFIG_MAP, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { config } });
  }

  interrupt(): void {
    this.#interruption.abort(new Error('interrupted by SIGINT'));
  }

  /** What is to be applied for the ConfigMap as it is now. */
  migration(more: Partial<Migration> = {}): Migration {
    const configMap = this.api.objects.get(CONFIG_MAP);
    const options = {
      compat: 'v0.12',
      mode: 'native',
      target: 'metal-lb',
      namespace: NAMESPACE,
    } as const;
    const conversion = convertLegacy(text(member(member(configMap, 'data'), 'config')), options);
    if (conversion.kind === 'refused') throw new Error(JSON.stringify(conversion.problems));
    const { config, renames } = conversion;
    const manifests = conversion.manifests.map(({ manifest }) => manifest);
    const parts = { config, renames, manifests, configMap, mode: 'native' as const };
    return { ...parts, reporters: [], rewritesAnnotations: false, ...more };
  }

  /** Programs report agreement as soon as everything is there. */
  agreeing(manifests: readonly Manifest[]): Pick<Migration, 'reporters'> {
    this.api.events = () => {
      const resources = manifests.filter(({ kind }) => kind !== 'Secret');
      const seen = resources.map(({ kind, metadata }) => {
        return [...this.api.objects.values()].find((object) => {
          return object['kind'] === kind && identify(object)?.name === metadata.name;
        });
      });
      return seen.includes(undefined) ? [] : REPORTERS.map((one) => this.#agreement(one, seen));
    };
    return { reporters: REPORTERS };
  }

  #agreement({ component, host }: (typeof REPORTERS)[number], seen: readonly Json[]): Json {
    const versions = seen.map((object) => {
      const { name = '', version = '' } = identify(object) ?? {};
      return `${text(member(object, 'kind'))}/${name}@${version}`;
    });
    const configMap = identify(this.api.objects.get(CONFIG_MAP))?.version ?? '0';
    return {
      metadata: { name: `config.${component}.${host}`, resourceVersion: '999' },
      reason: 'ConfigSourcesAgree',
      source: { component, host },
      message: `ConfigMap ${NAMESPACE}/config at ${configMap} and ${versions.join(', ')}; both say the same`,
    };
  }
}

const REPORTERS = [
  { component: CONTROLLER, host: '' },
  { component: SPEAKER, host: 'node-a' },
] as const;
