import { Argument, Command, Option } from 'commander';
import type { ConversionTarget } from '../conversion/index.ts';
import type { Documents, Unclear } from '../input/documents.ts';
import { type InputChoices, inputOptions, readDocuments } from '../input/input.ts';
import type { Problem } from '../../runtime/model/index.ts';
import { failureLine } from '../reporting/failure.ts';
import { validationLine } from '../reporting/json.ts';
import { reportForPeople, reportWarnings } from '../reporting/report.ts';
import { ExitCode, type Terminal } from '../terminal.ts';
import {
  deliver,
  listOf,
  withholdPasswords,
  writeFolder,
  writeManifests,
} from '../writing/index.ts';
import { type Converted, convertInput } from './convert-input.ts';

interface Choices extends InputChoices {
  readonly reverse?: boolean;
  readonly target: ConversionTarget;
  readonly output: 'yaml' | 'json';
  readonly outputDir?: string;
  readonly showSecrets?: boolean;
}

const AFTER_HELP = `
Examples:
  metal-migrate convert config.yaml > resources.yaml
  metal-migrate convert cluster --output-dir metallb/
  metal-migrate convert --reverse --show-secrets resources.yaml > configmap.yaml

Nothing is printed and no file is written before what was made has been read back and means the same. Comments come
along. The objects are in the namespace of the ConfigMap, or in that of -n.

A folder gets one file for each object and a kustomization.yaml. All are written or none, files that are not of
metal-migrate are never overwritten, and no file is deleted: one that an earlier conversion made and this one does not
make is in the way. Files with passwords can be read by their owner only.

Exits with 0 if it is converted, 1 if that is refused (which line, and why), 2 if it could not run.`;

/** `convert [FILE]`: the ConfigMap as resources, or with `--reverse` the way back. product.md §4 */
export function convertCommand(terminal: Terminal, settle: (code: ExitCode) => void): Command {
  const command = new Command('convert')
    .description('Converts a ConfigMap into v0.13 resources that mean the same, and back.')
    .addArgument(
      new Argument('[FILE]', 'a file, "-" for standard input, or "cluster"').default('-'),
    )
    .option('--reverse', 'convert v0.13 resources into a ConfigMap')
    .addOption(
      new Option('--target <reader>', 'who is to read the resources')
        .choices(['metal-lb', 'metallb-v0.13'])
        .default('metal-lb'),
    )
    .option('--output-dir <folder>', 'write one file for each object there, and print nothing')
    .addOption(
      new Option('-o, --output <form>', 'several YAML documents, or one List in JSON')
        .choices(['yaml', 'json'])
        .default('yaml'),
    )
    .option(
      '--show-secrets',
      'print passwords; with --reverse, put those of Secrets in the ConfigMap',
    )
    .addHelpText('after', AFTER_HELP)
    .action(async (file: string, choices: Choices) => {
      settle(await convert(file, choices, terminal));
    });
  for (const option of inputOptions()) command.addOption(option);
  return command;
}

async function convert(file: string, choices: Choices, terminal: Terminal): Promise<ExitCode> {
  const documents = await readDocuments(file, choices, terminal);
  if (documents.kind === 'unreadable') {
    fail('unreadable', `${file}: ${documents.why}`, { choices, terminal });
    return ExitCode.CouldNotRun;
  }
  const unread = unreadOf(documents, choices);
  if (unread !== undefined) {
    fail('unreadable', `${file}: ${unread}`, { choices, terminal });
    return ExitCode.CouldNotRun;
  }
  const { text } = documents;
  const passwords = passwordUse(choices);
  const converted = convertInput(documents, {
    ...choices,
    passwords,
    file,
    version: terminal.version,
  });
  const look = { text, color: terminal.color };
  if (converted.kind === 'refused') {
    const invalid = { kind: 'invalid', problems: converted.problems } as const;
    if (choices.output === 'json') terminal.print(validationLine(file, invalid));
    else for (const line of reportForPeople(file, invalid, look)) terminal.complain(line);
    return ExitCode.Refused;
  }
  terminal.interrupted.throwIfAborted();
  const { outputDir } = choices;
  if (outputDir !== undefined) {
    const delivered = await deliver(filesOf(converted), outputDir, terminal);
    if (delivered.kind === 'undelivered') {
      fail('unwritable', delivered.why, { choices, terminal });
      return ExitCode.CouldNotRun;
    }
    if (choices.output === 'json') terminal.print(JSON.stringify({ written: delivered.paths }));
  } else printAll(converted, choices, terminal);
  const warnings = [...converted.warnings, ...commentsDropped(converted, choices)];
  for (const line of reportWarnings(file, warnings, look)) terminal.complain(line);
  terminal.complain(summary(converted, outputDir));
  return ExitCode.Done;
}

/** Why what is to be converted is not known as a whole. */
function unreadOf(
  documents: Documents | Unclear,
  { reverse = false }: Choices,
): string | undefined {
  if (documents.kind === 'unclear') return undefined;
  const isNeeded = reverse || documents.legacy === undefined;
  return isNeeded ? documents.incomplete : undefined;
}

function passwordUse({ showSecrets, outputDir }: Choices): 'refused' | 'kept' | 'exposed' {
  if (showSecrets === true) return 'exposed';
  return outputDir === undefined ? 'refused' : 'kept';
}

function filesOf({ manifests, header, isConfidential }: Converted): ReturnType<typeof writeFolder> {
  const files = writeFolder(manifests, header);
  return isConfidential ? files.map((file) => ({ ...file, confidential: true })) : files;
}

function printAll(
  { manifests, header, reversed }: Converted,
  { output, showSecrets }: Choices,
  terminal: Terminal,
): void {
  const isOpen = showSecrets === true || reversed;
  const shown = isOpen ? manifests : withholdPasswords(manifests);
  if (output === 'json') terminal.print(JSON.stringify(listOf(shown), null, 2));
  else terminal.print(writeManifests(shown, header).trimEnd());
  if (shown === manifests) return;
  terminal.complain(
    'the passwords are left out, and their Secrets cannot be applied like this: --show-secrets prints them, --output-dir writes them into files for your eyes only',
  );
}

/** JSON has no place for what people wrote. */
function commentsDropped(
  { manifests, reversed }: Converted,
  { output, outputDir }: Choices,
): readonly Problem[] {
  const dropped = manifests.reduce((sum, { comments }) => sum + comments.length, 0);
  // A ConfigMap has its comments in the text.
  if (output !== 'json' || outputDir !== undefined || reversed || dropped === 0) return [];
  const message = `JSON has no comments: ${dropped} of the original are left out, which YAML keeps`;
  return [{ path: '', reason: 'comments-dropped', message }];
}

function summary(
  { manifests, source, reversed }: Converted,
  outputDir: string | undefined,
): string {
  const objects = `${manifests.length} object${manifests.length === 1 ? '' : 's'}`;
  const made = reversed ? 'one ConfigMap' : objects;
  const where = outputDir === undefined ? '' : ` in ${outputDir}`;
  return `${source} became ${made}${where}; read back, it means the same`;
}

function fail(
  reason: string,
  message: string,
  { choices, terminal }: { readonly choices: Choices; readonly terminal: Terminal },
): void {
  if (choices.output === 'json') terminal.print(failureLine(reason, message));
  else terminal.complain(message);
}
