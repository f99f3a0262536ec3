import { Argument, Command, Option } from 'commander';
import { bashScript, describeCommand, fishScript, zshScript } from '../completion/index.ts';
import { ExitCode, type Terminal } from '../terminal.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof SCRIPTS;

const EXAMPLE = `
Examples:
  source <(metal-migrate completion bash)
  metal-migrate completion zsh > "\${fpath[1]}/_metal-migrate"
  metal-migrate completion fish > ~/.config/fish/completions/metal-migrate.fish

Exits with 0, or with 2 for a shell that it does not know.`;

/** `completion SHELL`: a script that completes this very command line. */
export function completionCommand(terminal: Terminal, settle: (code: ExitCode) => void): Command {
  return new Command('completion')
    .description('Prints a script that completes sub-commands, options, their values and files.')
    .addArgument(new Argument('<SHELL>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addOption(
      new Option('-o, --output <form>', 'the script itself, or one JSON object with it')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', EXAMPLE)
    .action((shell: Shell, { output }: { output: 'text' | 'json' }, command: Command) => {
      const script = SCRIPTS[shell](describeCommand(command.parent ?? command)).trimEnd();
      terminal.print(output === 'json' ? JSON.stringify({ shell, script }) : script);
      settle(ExitCode.Done);
    });
}
