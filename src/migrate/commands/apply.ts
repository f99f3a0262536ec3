import { Command, Option } from 'commander';
import type { CustomResourceDefinition } from '../../config-crd/schema/index.ts';
import { type Json, member } from '../../runtime/kube/index.ts';
import { Secret } from '../../runtime/model/index.ts';
import type { ClusterFacts } from '../cluster/index.ts';
import { type Conversion, convertLegacy } from '../conversion/index.ts';
import type { Manifest } from '../manifests/manifest.ts';
import {
  type PlanReport,
  configurationInForce,
  legacyTextIn,
  makePlan,
  wantedConfig,
} from '../planning/index.ts';
import { reportUnusable } from '../reporting/input.ts';
import { type ExitCode, type Terminal } from '../terminal.ts';
import { type Outcome, TransactionFailure, apply } from '../transaction/index.ts';
import {
  type ClusterChoices,
  type RulesChoices,
  type Scene,
  addClusterOptions,
  onCluster,
  rulesOptions,
  whyNobodyReports,
} from './on-cluster.ts';

interface Choices extends ClusterChoices, RulesChoices {
  readonly allowMoves?: true;
  readonly rewriteAnnotations?: true;
  readonly dryRun?: 'server';
}

/** Services that a refusal names. */
const MOST_NAMED = 20;
const EXAMPLE = `
Example:
  metal-migrate plan && metal-migrate apply && metal-migrate verify

Everything is checked before the first write. What was there is kept in the Secret metal-migrate and in a file that only
its owner may read (it has the BGP passwords), for "metal-migrate rollback". If anything fails, what was done is undone.
If the command is killed, run it again to finish, or roll back.

The ConfigMap is left alone: the programs take the resources once both say the same, and fall back to it as soon as
they differ. With --rewrite-annotations it yields for good, since it does not know the new names. To retire it when all
is well:
  kubectl -n metallb-system annotate configmap config metal-lb.io/config-source=resources
  kubectl -n metallb-system delete configmap config

Exits with 0 if it is done, 1 if something stands in the way (nothing has changed then), 2 if it could not be
finished, 130 or 143 if it was interrupted before that: it stops between two writes and says what to run then.`;

/** `apply`: the ConfigMap of the cluster as resources, beside it and in force. product.md §4 */
export function applyCommand(terminal: Terminal, settle: (code: ExitCode) => void): Command {
  const command = new Command('apply')
    .description(
      'Puts the resources that mean the same as the ConfigMap into force, or changes nothing.',
    )
    .option('--allow-moves', 'go on although addresses or announcements change, as "plan" tells')
    .option(
      '--rewrite-annotations',
      'have Services ask for renamed pools by their new names, once all agree',
    )
    .addOption(
      new Option('--dry-run <how>', 'have the server judge everything, and change nothing').choices(
        ['server'],
      ),
    )
    .addHelpText('after', EXAMPLE)
    .action(async (choices: Choices) => {
      settle(
        await onCluster(choices, terminal, async (scene) => applyTo(scene, choices, terminal)),
      );
    });
  for (const option of rulesOptions()) command.addOption(option);
  return addClusterOptions(command);
}

async function applyTo(
  scene: Scene,
  choices: Choices,
  terminal: Terminal,
): Promise<Outcome | ExitCode> {
  const { facts, ground, reporters } = scene;
  const { configMap, installation, namespace } = facts;
  const text = legacyTextIn(facts);
  const place = `ConfigMap ${namespace}/${installation.configMap}`;
  if (configMap === undefined || text === undefined) {
    return reportUnusable(
      place,
      { kind: 'unreadable', why: 'it is not there, or may not be read' },
      { output: choices.output, terminal },
    );
  }
  const mode = choices.mode ?? installation.mode;
  const compat = choices.compat ?? installation.compat;
  const conversion = convertLegacy(text, {
    compat,
    mode,
    target: 'metal-lb',
    namespace,
    limits: limitsOf(facts),
  });
  if (conversion.kind === 'refused') {
    const { problems } = conversion;
    return reportUnusable(place, { text, problems }, { output: choices.output, terminal });
  }
  refuseNothing(conversion);
  const manifests = conversion.manifests.map(({ manifest }) => manifest);
  refuseMoves(planOf(scene, manifests), choices);
  const why = whyNobodyReports(facts);
  if (choices.rewriteAnnotations === true && why !== undefined) {
    throw new TransactionFailure([
      `--rewrite-annotations is for when nobody needs the old names any more: ${why}`,
      'nothing was changed',
    ]);
  }
  if (why !== undefined) ground.progress(why);
  const { config, renames } = conversion;
  const rewritesAnnotations = choices.rewriteAnnotations === true;
  const migration = { config, mode, manifests, renames, configMap, reporters, rewritesAnnotations };
  const outcome = await apply(ground, migration, { rehearseOnly: choices.dryRun === 'server' });
  return why === undefined ? outcome : { ...outcome, lines: [...outcome.lines, why] };
}

function refuseNothing({ manifests }: Extract<Conversion, { kind: 'converted' }>): void {
  if (manifests.length > 0) return;
  throw new TransactionFailure(['the ConfigMap configures nothing: there is nothing to apply']);
}

/** What the definitions that are there allow. */
function limitsOf({
  definitions,
}: ClusterFacts): (kind: string) => CustomResourceDefinition | undefined {
  return (kind) => {
    const found = [...(definitions ?? new Map<string, Json>()).values()].find(
      (one) => member(member(member(one, 'spec'), 'names'), 'kind') === kind,
    );
    return found as CustomResourceDefinition | undefined;
  };
}

function planOf({ facts, server }: Scene, manifests: readonly Manifest[]): PlanReport {
  const inForce = configurationInForce(facts);
  if (inForce.kind === 'unknown') {
    throw new TransactionFailure([inForce.why, 'nothing was changed']);
  }
  const isSecret = ({ kind }: Manifest): boolean => kind === 'Secret';
  const secrets = manifests.filter(isSecret).map(({ metadata, type = '', data }) => {
    const password = new Secret(Buffer.from(data?.['password'] ?? '', 'base64').toString('utf8'));
    return [metadata.name, { type, password }] as const;
  });
  const resources = manifests
    .filter((one) => !isSecret(one))
    .map((one) => {
      return { ...one, metadata: { ...one.metadata, namespace: facts.namespace } };
    });
  const wanted = { resources, secrets: new Map(secrets), prune: false };
  const after = wantedConfig(facts, wanted);
  if (after.kind === 'refused') {
    throw new TransactionFailure([
      'together with what is there already, the resources could not be used:',
      ...after.problems.map(({ message }) => message),
      'nothing was changed',
    ]);
  }
  const { config, from, remarks } = { config: undefined, ...inForce };
  return makePlan(facts, {
    server,
    before: { config, from, remarks },
    after: { config: after.config, from: 'the resources', remarks: after.remarks },
    wanted,
    compatAfter: facts.installation.compat,
  });
}

function refuseMoves(plan: PlanReport, { allowMoves }: Choices): void {
  const { moves, unknown } = plan.verdict;
  if ((!moves && unknown.length === 0) || allowMoves === true) return;
  const moved = plan.services.filter(({ changes }) => changes.length > 0);
  throw new TransactionFailure([
    `${plan.verdict.text}: "metal-migrate plan" tells what changes, --allow-moves goes on all the same`,
    ...moved
      .slice(0, MOST_NAMED)
      .map(({ service, changes }) => `Service ${service}: ${changes.join(', ')}`),
    'nothing was changed',
  ]);
}
