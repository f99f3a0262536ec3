import { Argument, Command, Option } from 'commander';
import { type InputChoices, inputOptions, readInput } from '../input/input.ts';
import { reportUnusable } from '../reporting/input.ts';
import { validationLine } from '../reporting/json.ts';
import { reportForPeople } from '../reporting/report.ts';
import { ExitCode, type Terminal } from '../terminal.ts';

interface Choices extends InputChoices {
  readonly output: 'text' | 'json';
}

const EXAMPLE = `
Example:
  kubectl -n metallb-system get configmap config -o yaml | metal-migrate validate --mode native -

Exits with 0 if every file is valid, 1 if some are not, 2 if some could not be read.`;

/** `validate FILE...`: each file alone, as the chosen release reads it. */
export function validateCommand(terminal: Terminal, settle: (code: ExitCode) => void): Command {
  const command = new Command('validate')
    .description(
      'Checks configurations: files, "-" for standard input, "cluster" for the current cluster.',
    )
    .addArgument(new Argument('<FILE...>', 'what to check, each alone'))
    .addOption(
      new Option('-o, --output <form>', 'one JSON object a line, or text for people')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', EXAMPLE)
    .action(async (files: readonly string[], choices: Choices) => {
      settle(await validateFiles(files, choices, terminal));
    });
  for (const option of inputOptions()) command.addOption(option);
  return command;
}

async function validateFiles(
  files: readonly string[],
  choices: Choices,
  terminal: Terminal,
): Promise<ExitCode> {
  let worst: ExitCode = ExitCode.Done;
  for (const file of files) {
    const code = await validateFile(file, choices, terminal);
    if (code > worst) worst = code;
  }
  return worst;
}

async function validateFile(file: string, choices: Choices, terminal: Terminal): Promise<ExitCode> {
  const input = await readInput(file, choices, terminal);
  const { output } = choices;
  if (input.kind === 'unreadable') {
    if (output !== 'json') return reportUnusable(file, input, { output, terminal });
    // A line for each file, whatever became of it.
    const problems = [{ path: '', reason: 'unreadable', message: input.why }];
    terminal.print(validationLine(file, { kind: 'invalid', problems }));
    return ExitCode.CouldNotRun;
  }
  const { validation, text } = input;
  if (output === 'json') terminal.print(validationLine(file, validation));
  else {
    const look = { text, color: terminal.color };
    for (const line of reportForPeople(file, validation, look)) terminal.print(line);
  }
  return validation.kind === 'valid' ? ExitCode.Done : ExitCode.Refused;
}
