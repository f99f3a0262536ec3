import { Command, CommanderError } from 'commander';
import { failureLine } from './reporting/failure.ts';
import { SUB_COMMANDS } from './sub-commands.ts';
import { ExitCode, type Terminal } from './terminal.ts';

const AFTER_HELP = `
Example:
  kubectl -n metallb-system get configmap config -o yaml | metal-migrate validate -

Where a FILE is asked for, "-" is standard input and "cluster" what the current cluster has. Any form is taken: a
bare configuration, a ConfigMap, what kubectl prints, a List, several documents, Helm values, v0.13 resources.

Exits with 0 if all is well, 1 if not (what that means is told by each sub-command), 2 if it could not run, 130 or
143 if it was interrupted. Colors end with NO_COLOR=1; "-o json" prints for machines.`;

/** Runs one sub-command and says what to exit with. product.md §4 */
export async function migrate(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let outcome: ExitCode = ExitCode.Done;
  const program = await programFor(argv, terminal, (code) => void (outcome = code));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return outcome;
  } catch (error) {
    if (error instanceof CommanderError) return settleUsage(error, argv, terminal);
    const { interrupted } = terminal;
    if (!interrupted.aborted || error !== interrupted.reason) throw error;
    const { message } = interrupted.reason as Error;
    if (asksForJson(argv)) terminal.print(failureLine('interrupted', message));
    else terminal.complain(message);
    return ExitCode.CouldNotRun;
  }
}

/** Whether the answer is for a machine, told even of a command line that is not understood. */
export function asksForJson(argv: readonly string[]): boolean {
  return argv.some((argument, index) => {
    const [, attached] = /^(?:-o=?|--output=)(.+)$/.exec(argument) ?? [];
    const value = attached ?? (/^(?:-o|--output)$/.test(argument) ? argv[index + 1] : undefined);
    return value === 'json';
  });
}

/** The program with every sub-command; those that are not named on the command line are only listed. */
async function programFor(
  argv: readonly string[],
  terminal: Terminal,
  settle: (code: ExitCode) => void,
): Promise<Command> {
  const program = new Command('metal-migrate')
    .description(
      'Moves MetalLB v0.10-v0.12 configurations forward, and proves that nothing changes.',
    )
    .version(terminal.version, '-V, --version', 'print the version')
    .addHelpText('after', AFTER_HELP)
    .showHelpAfterError('"metal-migrate --help" tells what there is')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => {
        if (!asksForJson(argv)) terminal.complain(text.trimEnd().replace(/^error: /, ''));
      },
    });
  const everything = argv.includes('completion');
  for (const { name, summary, load } of SUB_COMMANDS) {
    const command =
      everything || argv.includes(name) ? (await load())(terminal, settle) : new Command(name);
    command
      .summary(summary)
      .copyInheritedSettings(program)
      .showHelpAfterError(`"metal-migrate ${name} --help" tells what there is`);
    program.addCommand(command);
  }
  return program;
}

function settleUsage(error: CommanderError, argv: readonly string[], terminal: Terminal): ExitCode {
  if (error.exitCode === 0) return ExitCode.Done;
  if (asksForJson(argv)) {
    const told = error.code === 'commander.help' ? 'no sub-command is named' : error.message;
    terminal.print(failureLine('usage', told.replace(/^error: /, '')));
  }
  return ExitCode.CouldNotRun;
}
