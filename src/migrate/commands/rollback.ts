import { Command, Option } from 'commander';
import type { ExitCode, Terminal } from '../terminal.ts';
import { rollback } from '../transaction/index.ts';
import { type ClusterChoices, addClusterOptions, onCluster, readText } from './on-cluster.ts';

interface Choices extends ClusterChoices {
  readonly force?: true;
  readonly dryRun?: 'server';
}

const EXAMPLE = `
Example:
  metal-migrate rollback --dry-run=server && metal-migrate rollback

Goes back to what "apply" recorded, by the Secret metal-migrate or, where that is gone, by the file of the record: the
ConfigMap is put back if it is gone, Services ask for pools by their old names again, what was created is deleted, what
was changed is as it was. What others have changed since is told, and left alone without --force.

Exits with 0 if it is done, 1 if something stands in the way, 2 if it could not be finished, 130 or 143 if it was
interrupted before that: run it again then.`;

/** `rollback`: back to what `apply` recorded. product.md §4 */
export function rollbackCommand(terminal: Terminal, settle: (code: ExitCode) => void): Command {
  const command = new Command('rollback')
    .description('Restores what "apply" recorded.')
    .option('--force', 'go back also where others have changed something since')
    .addOption(new Option('--dry-run <how>', 'say what would be done').choices(['server']))
    .addHelpText('after', EXAMPLE)
    .action(async (choices: Choices) => {
      const file = await readText(choices.record, terminal);
      settle(
        await onCluster(choices, terminal, async ({ ground, reporters }) =>
          rollback(ground, {
            force: choices.force === true,
            rehearseOnly: choices.dryRun === 'server',
            reporters,
            ...(file !== undefined && { file }),
          }),
        ),
      );
    });
  return addClusterOptions(command);
}
