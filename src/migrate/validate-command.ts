import { Argument, Command, Option } from 'commander';
import type { LegacyMode } from '../config-legacy/index.ts';
import type { Compat } from '../runtime/model/index.ts';
import { validationLine } from './json.ts';
import { reportForPeople } from './report.ts';
import { ExitCode, type Terminal } from './terminal.ts';
import { decodeText } from './text.ts';
import { validate } from './validate.ts';
import type { Validation } from './validation.ts';

interface Choices {
  readonly mode: LegacyMode;
  readonly compat: Compat;
  readonly output: 'text' | 'json';
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
}

const EXAMPLE = `
Example:
  kubectl -n metallb-system get configmap config -o yaml | metal-migrate validate --mode native -

Exits with 0 if every file is valid, 1 if some are not, 2 if some could not be read.`;

/** `validate FILE...`: each file alone, as the chosen release reads it. */
export function validateCommand(terminal: Terminal, settle: (code: ExitCode) => void): Command {
  return new Command('validate')
    .description(
      'Checks configurations: files, "-" for standard input, "cluster" for the current cluster.',
    )
    .addArgument(new Argument('<FILE...>', 'what to check, each alone'))
    .addOption(
      new Option('--mode <mode>', 'also check what the speaker of this BGP mode refuses')
        .choices(['none', 'native', 'frr'])
        .default('none'),
    )
    .addOption(
      new Option('--compat <release>', 'the release whose rules hold')
        .choices(['v0.10', 'v0.11', 'v0.12'])
        .default('v0.12'),
    )
    .addOption(
      new Option('-o, --output <form>', 'one JSON object a line, or text for people')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--kubeconfig <path>', 'for "cluster": a kubeconfig other than the usual one')
    .option('--context <name>', 'for "cluster": a context other than the current one')
    .option('-n, --namespace <name>', 'for "cluster": where the ConfigMap is', 'metallb-system')
    .addHelpText('after', EXAMPLE)
    .action(async (files: readonly string[], choices: Choices) => {
      settle(await validateFiles(files, choices, terminal));
    });
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
  const reading = await (file === 'cluster' ? terminal.readCluster(choices) : terminal.read(file));
  if (reading.kind === 'unreadable') {
    const { why } = reading;
    const unreadable = {
      kind: 'invalid',
      problems: [{ path: '', reason: 'unreadable', message: why }],
    } as const;
    if (choices.output === 'json') terminal.print(validationLine(file, unreadable));
    else terminal.complain(`${file}: ${why}`);
    return ExitCode.CouldNotRun;
  }
  const decoded = decodeText(reading.octets);
  const validation: Validation =
    decoded.problem === undefined
      ? validate(decoded.text, choices)
      : { kind: 'invalid', problems: [decoded.problem] };
  if (choices.output === 'json') terminal.print(validationLine(file, validation));
  else {
    for (const line of reportForPeople(file, validation, {
      text: decoded.text,
      color: terminal.color,
    })) {
      terminal.print(line);
    }
  }
  return validation.kind === 'valid' ? ExitCode.Done : ExitCode.Refused;
}
