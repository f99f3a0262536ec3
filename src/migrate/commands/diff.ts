import { Command, Option } from 'commander';
import { type Config, differences } from '../../runtime/model/index.ts';
import { type Input, type InputChoices, inputOptions, readInput } from '../input/input.ts';
import { reportUnusable } from '../reporting/input.ts';
import { describeBeside } from '../reporting/report.ts';
import { ExitCode, type Terminal } from '../terminal.ts';

interface Choices extends InputChoices {
  readonly output: 'text' | 'json';
}

const EXAMPLE = `
Example:
  metal-migrate diff cluster resources.yaml

A place that has a ConfigMap and v0.13 resources is what a cluster with both takes: the resources where they mean
the same, else the ConfigMap.

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
    const config = soundOf(place, input, { output: choices.output, terminal });
    if (config !== undefined) configs.push(config);
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

/** What the input means; of two configurations in one place, the one that counts, which is said. */
function soundOf(
  place: string,
  input: Input,
  out: { readonly output: 'text' | 'json'; readonly terminal: Terminal },
): Config | undefined {
  if (input.kind === 'unreadable') reportUnusable(place, input, out);
  else if (input.incomplete !== undefined) {
    reportUnusable(place, { kind: 'unreadable', why: input.incomplete }, out);
  } else if (input.validation.kind === 'invalid') {
    const { text, validation } = input;
    reportUnusable(place, { text, problems: validation.problems }, out);
  } else {
    const { config, beside } = input.validation;
    for (const line of describeBeside(place, beside)) out.terminal.complain(line);
    return config;
  }
  return undefined;
}
