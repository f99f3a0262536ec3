import { Command, CommanderError } from 'commander';
import { diffCommand } from './commands/diff.ts';
import { ExitCode, type Terminal } from './terminal.ts';
import { validateCommand } from './commands/validate.ts';

/** Runs one sub-command and says what to exit with. product.md §4 */
export async function migrate(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let outcome: ExitCode = ExitCode.Done;
  const settle = (code: ExitCode): void => void (outcome = code);
  const program = new Command('metal-migrate')
    .description(
      'Moves MetalLB v0.10-v0.12 configurations forward, and proves that nothing changes.',
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd().replace(/^error: /, '')),
    });
  for (const command of [validateCommand, diffCommand]) {
    program.addCommand(command(terminal, settle).copyInheritedSettings(program));
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return outcome;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? ExitCode.Done : ExitCode.CouldNotRun;
  }
}
