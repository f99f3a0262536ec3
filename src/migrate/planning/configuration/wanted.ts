import {
  type ResourceProblem,
  type SecretContent,
  readResources,
} from '../../../config-crd/index.ts';
import { type Json, identify, member, text } from '../../../runtime/kube/index.ts';
import type { Config, Labels } from '../../../runtime/model/index.ts';
import type { ClusterFacts } from '../../cluster/index.ts';

/** The objects that are to be in force. */
export interface WantedObjects {
  /** Of the group `metallb.io`. */
  readonly resources: readonly Json[];
  /** Secrets of passwords, by name. */
  readonly secrets: ReadonlyMap<string, SecretContent>;
  /** Whether resources of the cluster that are not among them go. */
  readonly prune: boolean;
}

export type WantedConfig =
  | {
      readonly kind: 'config';
      readonly config: Config;
      readonly remarks: readonly string[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly ResourceProblem[] };

/** What the cluster means once the objects are in it: those that nobody asks for stay in force, unless they go. */
export function wantedConfig(facts: ClusterFacts, wanted: WantedObjects): WantedConfig {
  const { namespace, installation, bgpExtras, nodes } = facts;
  const set = {
    objects: wanted.prune ? wanted.resources : merged(facts.resources, wanted.resources),
    secrets: new Map([...facts.secrets, ...wanted.secrets]),
    ...(bgpExtras !== undefined && { bgpExtras }),
    ...(nodes && { nodes: labelsOf(nodes) }),
  };
  const reading = readResources(set, { namespace, mode: 'none' });
  if (reading.kind === 'refused') return { kind: 'refused', problems: reading.problems.map(told) };
  const { mode } = installation;
  const strict = readResources(set, { namespace, mode });
  const refusal =
    strict.kind === 'refused'
      ? [`speakers in ${mode} mode would refuse it: ${strict.message}`]
      : [];
  const warnings = reading.warnings.map((warning) => told(warning).message);
  return { kind: 'config', config: reading.config, remarks: [...refusal, ...warnings] };
}

/** As in `IPAddressPool/teal`. */
export function keyOf(object: Json): string {
  return `${text(member(object, 'kind'))}/${identify(object)?.name ?? ''}`;
}

function merged(live: readonly Json[], wanted: readonly Json[]): readonly Json[] {
  const names = new Set(wanted.map(keyOf));
  return [...live.filter((object) => !names.has(keyOf(object))), ...wanted];
}

function labelsOf(nodes: NonNullable<ClusterFacts['nodes']>): ReadonlyMap<string, Labels> {
  return new Map([...nodes].map(([name, { labels }]) => [name, labels]));
}

function told(problem: ResourceProblem): ResourceProblem {
  const { object, message } = problem;
  if (object === undefined) return problem;
  return { ...problem, message: `${object.kind} ${object.name}: ${message}` };
}
