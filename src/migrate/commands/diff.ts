import { Command, Option } from 'commander';
import { type Config, differences } from '../../runtime/model/index.ts';
import { type Input, type InputChoices, inputOptions, readInput } from '../input/input.ts';
import { validationLine } from '../reporting/json.ts';
import { reportForPeople } from '../reporting/report.ts';
import { ExitCode, type Terminal } from '../terminal.ts';

interface Choices extends InputChoices {
  readonly output: 'text' | 'json';
}

const EXAMPLE = `
Example:
  metal-migrate diff cluster resources.yaml

Exits with 0 if both mean the same, 1 if they differ, 2 if they could not be compared.`;

/** `diff A B`: whether two configurations mean the same, whichever dialect they are in. product.md §4 */
export function diffCommand(terminal: Terminal, settle: (code: ExitCode) => void): Command {
  const command = new Command('diff')
    .description('Compares two configurations in any form by what they mean.')
    .argument('<A>', 'a file, "-" for standard input, or "cluster"')
    .argument('<B>', 'the same')
    .addOption(
      new Option('-o, --output <form>', 'one JSON object, or text for people')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', EXAMPLE)
    .action(async (a: string, b: string, choices: Choices) => {
      settle(await compare([a, b], choices, terminal));
    });
  for (const option of inputOptions()) command.addOption(option);
  return command;
}

async function compare(
  places: readonly [string, string],
  choices: Choices,
  terminal: Terminal,
): Promise<ExitCode> {
  const configs: Config[] = [];
  for (const place of places) {
    const input = await readInput(place, choices, terminal);
    const config = soundOf(input);
    if (config === undefined) complain(place, input, { choices, terminal });
    else configs.push(config);
  }
  const [a, b] = configs;
  if (a === undefined || b === undefined) return ExitCode.CouldNotRun;
  const found = differences(a, b, places);
  if (choices.output === 'json') {
    terminal.print(JSON.stringify({ equal: found.length === 0, differences: found }));
  } else if (found.length === 0) terminal.print(`${places.join(' and ')} mean the same`);
  else for (const line of found) terminal.print(line);
  return found.length === 0 ? ExitCode.Done : ExitCode.Refused;
}

function soundOf(input: Input): Config | undefined {
  return input.kind === 'read' && input.validation.kind === 'valid'
    ? input.validation.config
    : undefined;
}

function complain(
  place: string,
  input: Input,
  { choices, terminal }: { readonly choices: Choices; readonly terminal: Terminal },
): void {
  if (input.kind === 'unreadable') {
    terminal.complain(`${place}: ${input.why}`);
    return;
  }
  const { validation, text } = input;
  if (choices.output === 'json') terminal.print(validationLine(place, validation));
  else {
    const look = { text, color: terminal.color };
    for (const line of reportForPeople(place, validation, look)) terminal.complain(line);
  }
}
