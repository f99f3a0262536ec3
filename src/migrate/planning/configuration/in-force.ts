import { type ResourceReading, readResources } from '../../../config-crd/index.ts';
import { type LegacyMode, readLegacyConfig } from '../../../config-legacy/index.ts';
import { type Json, isObject, member, text, textMap } from '../../../runtime/kube/index.ts';
import { type Config, differences } from '../../../runtime/model/index.ts';
import type { ClusterFacts, SourceOfConfig } from '../../cluster/index.ts';

/** The configuration that the programs of a cluster have in force, as far as that can be told from outside. */
export type InForce =
  | {
      readonly kind: 'known';
      /** Absent: there is none. */
      readonly config?: Config;
      /** What it was read from, for people. */
      readonly from: string;
      readonly remarks: readonly string[];
    }
  /** In a sentence. */
  | { readonly kind: 'unknown'; readonly why: string };

/** What one source says. */
type Voice =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'config'; readonly config: Config; readonly remarks: readonly string[] };

const POOL_KINDS = ['IPAddressPool', 'AddressPool'];
const RESOURCES = 'the v0.13 resources';
const DIFFER =
  'ConfigMap and resources do not mean the same: the ConfigMap is in force until they do';

/** Which of the sources counts, as the programs choose. product.md §2 */
export function configurationInForce(facts: ClusterFacts): InForce {
  const { source, configMap } = facts.installation;
  const name = `ConfigMap ${facts.namespace}/${configMap}`;
  switch (source) {
    case 'file':
      return { kind: 'unknown', why: 'the programs read their configuration from a file' };
    case 'configmap':
      return hiddenBehind(facts, ['ConfigMap']) ?? outcome(legacyVoice(facts), name);
    case 'resources':
      return hiddenBehind(facts, ['resources']) ?? outcome(resourcesVoice(facts), RESOURCES);
    case 'auto':
      return hiddenBehind(facts, ['ConfigMap', 'resources']) ?? arbitrated(facts, name);
    default:
      return source satisfies never;
  }
}

/** The text of the ConfigMap; `undefined` where there is no ConfigMap. */
export function legacyTextIn({ configMap }: ClusterFacts): string | undefined {
  return configMap === undefined ? undefined : text(member(member(configMap, 'data'), 'config'));
}

/** Whether there is a ConfigMap that resources have to agree with before they are in force. */
export function onlyYieldsToTheSame(facts: ClusterFacts): boolean {
  if (facts.installation.source !== 'auto' || isForced(facts.configMap)) return false;
  const legacy = legacyVoice(facts);
  return legacy.kind === 'refused' || (legacy.kind === 'config' && legacy.config.pools.length > 0);
}

/** A source that may not be read is not one that is empty. */
function hiddenBehind(
  { gaps }: ClusterFacts,
  sources: readonly SourceOfConfig[],
): InForce | undefined {
  const [gap] = gaps.filter(({ hides }) => hides !== undefined && sources.includes(hides));
  if (gap === undefined) return undefined;
  return { kind: 'unknown', why: `${gap.what} cannot be read: ${gap.why}` };
}

function arbitrated(facts: ClusterFacts, name: string): InForce {
  const [legacy, resources] = [legacyVoice(facts), resourcesVoice(facts)];
  const forced = isForced(facts.configMap);
  if (resources.kind === 'nothing') return outcome(legacy, name);
  const idle = legacy.kind === 'config' && legacy.config.pools.length === 0;
  if (legacy.kind === 'nothing' || idle || forced) return outcome(resources, RESOURCES);
  const agree =
    legacy.kind === 'config' &&
    resources.kind === 'config' &&
    differences(legacy.config, resources.config, ['', '']).length === 0;
  return agree ? outcome(resources, RESOURCES) : outcome(legacy, name, [DIFFER]);
}

function outcome(voice: Voice, from: string, remarks: readonly string[] = []): InForce {
  switch (voice.kind) {
    case 'nothing':
      return { kind: 'known', from: 'no configuration', remarks };
    case 'refused': {
      const why = `${from} is refused, and what was in force before it is not known`;
      return { kind: 'unknown', why: `${why}: ${voice.message}` };
    }
    case 'config':
      return { kind: 'known', config: voice.config, from, remarks: [...remarks, ...voice.remarks] };
    default:
      return voice satisfies never;
  }
}

/** Controllers take what only some speakers refuse. legacy.md §1.11 */
function legacyVoice(facts: ClusterFacts): Voice {
  const document = legacyTextIn(facts);
  if (document === undefined) return { kind: 'nothing' };
  const { compat, mode } = facts.installation;
  const read = (as: LegacyMode) => readLegacyConfig(document, { compat, mode: as });
  const reading = read('none');
  if (reading.kind === 'refused') return reading;
  return { kind: 'config', config: reading.config, remarks: remarksOf(read(mode), mode) };
}

function resourcesVoice(facts: ClusterFacts): Voice {
  const { resources: objects, secrets, bgpExtras, namespace, installation } = facts;
  if (!objects.some(isPool)) return { kind: 'nothing' };
  const set = { objects, secrets, ...(bgpExtras !== undefined && { bgpExtras }) };
  const read = (mode: LegacyMode): ResourceReading => readResources(set, { namespace, mode });
  const reading = read('none');
  if (reading.kind === 'refused') return reading;
  const { mode } = installation;
  return { kind: 'config', config: reading.config, remarks: remarksOf(read(mode), mode) };
}

function remarksOf(
  reading: { readonly kind: string; readonly message?: string },
  mode: LegacyMode,
): readonly string[] {
  if (reading.kind !== 'refused') return [];
  return [`speakers in ${mode} mode refuse what is in force: ${reading.message ?? ''}`];
}

function isForced(configMap: Json): boolean {
  const annotations = textMap(member(member(configMap, 'metadata'), 'annotations'));
  return annotations['metal-lb.io/config-source'] === 'resources';
}

function isPool(object: Json): boolean {
  return isObject(object) && POOL_KINDS.includes(text(object['kind']));
}
