import { type Json, member, serviceView, textMap } from '../../runtime/kube/index.ts';
import {
  type Compat,
  type Config,
  type ServiceView,
  differences,
} from '../../runtime/model/index.ts';
import { type ClusterFacts, describeInstallation } from '../cluster/index.ts';
import { comparePlans, verdictOn } from './compare.ts';
import { type ChangeForecast, forecastChange } from './simulation/forecast.ts';
import { onlyYieldsToTheSame } from './configuration/in-force.ts';
import { objectChanges } from './objects.ts';
import type { PlanReport, RenamedRequest } from './plan-report.ts';
import { compareSessions } from './sessions.ts';
import type { Rules, Situation } from './simulation/situation.ts';
import { unknownIn } from './unknown.ts';
import type { WantedObjects } from './configuration/wanted.ts';

/** One side of a plan. */
export interface Side<C extends Config | undefined = Config | undefined> {
  readonly config: C;
  /** What it was read from, for people. */
  readonly from: string;
  readonly remarks: readonly string[];
}

export interface PlanInput {
  /** URL of the API server, or the files of a snapshot. */
  readonly server: string;
  readonly before: Side;
  readonly after: Side<Config>;
  readonly wanted: WantedObjects;
  /** The release whose rules hold afterwards. */
  readonly compatAfter: Compat;
}

const POOL_ANNOTATIONS = ['metallb.universe.tf/address-pool', 'metallb.io/address-pool'];

/** Everything that a change of the configuration would do to a cluster. product.md §4 */
export function makePlan(facts: ClusterFacts, input: PlanInput): PlanReport {
  const { before, after, wanted } = input;
  const change = simulate(facts, input);
  const configs = [before.config, after.config] as const;
  const services = comparePlans(change, carriedBy(facts.services), configs);
  const sessions = compareSessions(change.before, change.after);
  const found =
    before.config && differences(before.config, after.config, [before.from, after.from]);
  const isSame = found?.length === 0 && !otherRules(facts, input);
  const unknown = unknownIn(facts, { config: after.config, services, wanted, isSame });
  const renames = renamesIn(after.config);
  return {
    verdict: verdictOn(services, sessions.length, unknown),
    cluster: clusterOf(facts, input),
    sides: { before: before.from, after: after.from },
    objects: objectChanges(facts, wanted),
    renames,
    renamedRequests: renamedRequests(facts.services, renames),
    differences: found ?? [],
    services,
    sessions,
    remarks: remarksOn(facts, input, { ...change, isSame: found?.length === 0 }),
  };
}

/** The facts as the programs see them. */
function situationOf(facts: ClusterFacts, rules: Rules): Situation {
  const { endpoints, nodes, namespaces, installation } = facts;
  const { speakerNodes: speakers } = installation;
  return {
    rules,
    services: servicesIn(facts, rules.compat),
    ...(endpoints && { endpoints }),
    ...(nodes && { nodes }),
    ...(namespaces && { namespaces }),
    ...(speakers && { speakers }),
  };
}

/** By which rules the programs decide that run now. */
function rulesOf({ installation }: ClusterFacts): Rules {
  const { compat, mode, lbClass, ignoreExcludeLb, maker, gossip } = installation;
  return { compat, mode, lbClass, ignoreExcludeLb, silentAlone: maker === 'original' && !gossip };
}

function simulate(facts: ClusterFacts, { before, after, compatAfter }: PlanInput): ChangeForecast {
  const rules = rulesOf(facts);
  const situation = situationOf(facts, rules);
  const restart = takesOver(facts) || compatAfter !== rules.compat;
  const silentAlone = rules.silentAlone && !restart;
  const later = situationOf(facts, { ...rules, compat: compatAfter, silentAlone });
  return forecastChange([before.config, after.config], situation, { later, restart });
}

/** The original reads no resources before v0.13: ours take its place. */
function takesOver({ installation }: ClusterFacts): boolean {
  return installation.maker === 'original' && installation.source === 'configmap';
}

/** Whether the programs that are to be decide otherwise on the same configuration. */
function otherRules(facts: ClusterFacts, { compatAfter }: PlanInput): boolean {
  const { compat, silentAlone } = rulesOf(facts);
  return compat !== compatAfter || (silentAlone && takesOver(facts));
}

function servicesIn({ services }: ClusterFacts, compat: Compat): readonly ServiceView[] {
  return services.map((object) => serviceView(object, compat));
}

function carriedBy(services: readonly Json[]): ReadonlyMap<string, readonly string[]> {
  return new Map(services.map((one) => serviceView(one)).map(({ key, ingress }) => [key, ingress]));
}

function clusterOf(facts: ClusterFacts, input: PlanInput): PlanReport['cluster'] {
  const { installation, namespace } = facts;
  return {
    server: input.server,
    namespace,
    runs: describeInstallation(installation),
    compat: { before: installation.compat, after: input.compatAfter },
    mode: installation.mode,
    speakers: installation.speakerNodes ?? null,
  };
}

function renamesIn({ pools }: Config): PlanReport['renames'] {
  return pools.flatMap(({ name, legacyName }) =>
    legacyName === undefined || legacyName === name ? [] : [{ from: legacyName, to: name }],
  );
}

function renamedRequests(
  services: readonly Json[],
  renames: PlanReport['renames'],
): readonly RenamedRequest[] {
  const to = new Map(renames.map((rename) => [rename.from, rename.to]));
  return services
    .flatMap((object) => {
      const { key: service } = serviceView(object);
      const annotations = annotationsOf(object);
      return POOL_ANNOTATIONS.flatMap((annotation) => {
        const from = annotations[annotation];
        const name = from === undefined ? undefined : to.get(from);
        if (from === undefined || name === undefined) return [];
        return [{ service, annotation, from, to: name }];
      });
    })
    .sort((a, b) => (a.service < b.service ? -1 : Number(a.service > b.service)));
}

function remarksOn(
  facts: ClusterFacts,
  { before, after }: PlanInput,
  { acceptance, isSame }: Pick<ChangeForecast, 'acceptance'> & { readonly isSame: boolean },
): readonly string[] {
  const refusal =
    acceptance.kind === 'accepted'
      ? []
      : [
          `while they run, the programs refuse it and go on as before: ${acceptance.reason}`,
          'what is told here happens when the controller is started anew',
        ];
  const gaps = facts.gaps.map(({ what, why, consequence }) => {
    return `${what} cannot be read, so ${consequence}: ${why}`;
  });
  const { doubts, speakerNodes } = facts.installation;
  const silent =
    speakerNodes?.length === 0 ? ['no speaker is ready: nothing is announced at the moment'] : [];
  const said = [
    ...conditionsOf(facts, isSame),
    ...before.remarks,
    ...after.remarks,
    ...doubts,
    ...silent,
  ];
  return [...new Set([...refusal, ...gaps, ...said])];
}

/** What has to come about before resources are in force. product.md §2 */
function conditionsOf(facts: ClusterFacts, isSame: boolean): readonly string[] {
  const { installation } = facts;
  if (takesOver(facts)) {
    const runs = describeInstallation(installation);
    return [`${runs} does not read resources: told is what happens once metal-lb has its place`];
  }
  if (installation.source === 'configmap') {
    const flag = '--config-source=configmap';
    return [`the programs run with ${flag}: told is what happens once they read resources`];
  }
  if (isSame || !onlyYieldsToTheSame(facts)) return [];
  return [
    'the ConfigMap is in force as long as it says otherwise: told is what happens after that',
  ];
}

function annotationsOf(object: Json): Readonly<Record<string, string>> {
  return textMap(member(member(object, 'metadata'), 'annotations'));
}
