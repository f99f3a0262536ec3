import { Command } from 'commander';
import { readLegacyConfig } from '../../config-legacy/index.ts';
import { legacyTextIn } from '../planning/index.ts';
import { reportUnusable } from '../reporting/input.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { type Outcome, verify } from '../transaction/index.ts';
import {
  type ClusterChoices,
  type RulesChoices,
  type Scene,
  addClusterOptions,
  onCluster,
  rulesOptions,
  whyNobodyReports,
} from './on-cluster.ts';

type Choices = ClusterChoices & RulesChoices;

const EXAMPLE = `
Example:
  metal-migrate verify -o json

Looks and changes nothing: whether ConfigMap and resources say the same, what the programs report, whether the objects
are as "apply" recorded them, and whether every Service has the addresses that were recorded. Without a record, as where
GitOps applied the resources, the last two are left out.

Exits with 0 if all of that holds, 1 if something does not, 2 if it could not be found out.`;

/** `verify`: whether the cluster is as `apply` left it. product.md §4 */
export function verifyCommand(terminal: Terminal, settle: (code: ExitCode) => void): Command {
  const command = new Command('verify')
    .description('Says whether the sources agree and every Service keeps its recorded address.')
    .addHelpText('after', EXAMPLE)
    .action(async (choices: Choices) => {
      settle(
        await onCluster(choices, terminal, async (scene) => verifyAt(scene, choices, terminal)),
      );
    });
  for (const option of rulesOptions()) command.addOption(option);
  return addClusterOptions(command);
}

async function verifyAt(
  { ground, facts, reporters }: Scene,
  choices: Choices,
  terminal: Terminal,
): Promise<Outcome | ExitCode> {
  const { installation, namespace } = facts;
  const mode = choices.mode ?? installation.mode;
  const compat = choices.compat ?? installation.compat;
  const configMap = installation.configMap;
  const text = legacyTextIn(facts);
  const reading = text === undefined ? undefined : readLegacyConfig(text, { mode, compat });
  if (reading?.kind === 'refused') {
    const { problems } = reading;
    const { output } = choices;
    return reportUnusable(
      `ConfigMap ${namespace}/${configMap}`,
      { text: text ?? '', problems },
      { output, terminal },
    );
  }
  const config = reading?.config;
  const outcome = await verify(ground, { reporters, mode, configMap, ...(config && { config }) });
  const why = whyNobodyReports(facts);
  return why === undefined ? outcome : { ...outcome, lines: [...outcome.lines, why] };
}
