import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LegacyMode } from '../../config-legacy/index.ts';
import { ApiError, ConnectionError } from '../../runtime/kube/index.ts';
import { type Compat, parseDuration } from '../../runtime/model/index.ts';
import { type Duration, millis } from '../../runtime/platform/ports.ts';
import { type ClusterFacts, type Installation, readClusterFacts } from '../cluster/index.ts';
import { clusterOptions } from '../input/input.ts';
import { decodeText } from '../input/text.ts';
import { failureLine } from '../reporting/failure.ts';
import { type ClusterChoice, ExitCode, type Terminal, type Written } from '../terminal.ts';
import {
  CONTROLLER,
  type Ground,
  Interruption,
  type Outcome,
  type Reporter,
  SPEAKER,
  TransactionFailure,
  parseRecord,
} from '../transaction/index.ts';

/** What `apply`, `verify` and `rollback` are all asked for. */
export interface ClusterChoices extends ClusterChoice {
  readonly output: 'text' | 'json';
  readonly timeout: Duration;
  readonly record: string;
}

/** A live cluster, with what is known of it. */
export interface Scene {
  readonly ground: Ground;
  readonly facts: ClusterFacts;
  readonly server: string;
  /** The programs that report agreement. */
  readonly reporters: readonly Reporter[];
}

const RECORD_FILE = 'metal-migrate.record.json';

/** Adds the options behind {@link ClusterChoices}. */
export function addClusterOptions(command: Command): Command {
  command
    .addOption(
      new Option('-o, --output <form>', 'one JSON object, or text for people')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addOption(
      new Option('--timeout <duration>', 'how long to wait for the programs to report agreement')
        .argParser(durationOf)
        .default(millis(300_000), '5m'),
    )
    .option(
      '--record <file>',
      'where the record of the migration is kept beside the Secret',
      RECORD_FILE,
    );
  for (const option of clusterOptions()) command.addOption(option);
  return command;
}

/** The options by which a ConfigMap is read, where the cluster's own answer is not right. */
export function rulesOptions(): readonly Option[] {
  return [
    new Option(
      '--mode <mode>',
      'by the rules of this BGP mode (default: that of the speakers)',
    ).choices(['none', 'native', 'frr']),
    new Option(
      '--compat <release>',
      'by the rules of this release (default: the one that runs)',
    ).choices(['v0.10', 'v0.11', 'v0.12']),
  ];
}

export interface RulesChoices {
  readonly mode?: LegacyMode;
  readonly compat?: Compat;
}

function durationOf(given: string): Duration {
  const parsed = parseDuration(given);
  if (parsed.kind === 'malformed' || parsed.nanoseconds < 0n) {
    throw new InvalidArgumentError('It is written as in 90s or 10m.');
  }
  return millis(Number(parsed.nanoseconds / 1_000_000n));
}

/** Connects, reads what is known of the cluster, does the work and prints what became of it. */
export async function onCluster(
  choices: ClusterChoices,
  terminal: Terminal,
  work: (scene: Scene) => Promise<Outcome | ExitCode>,
): Promise<ExitCode> {
  const cluster = await terminal.connect(choices);
  if (cluster.kind === 'unreadable') return couldNotRun(cluster.why, choices, terminal);
  try {
    const { client, server } = cluster;
    const { namespace } = choices;
    const { interrupted: signal } = terminal;
    const progress = (line: string): void => terminal.progress(line);
    const reading = await readClusterFacts(client, { namespace, signal, progress });
    if (reading.kind === 'unreadable') {
      return couldNotRun(`${server}: ${reading.why}`, choices, terminal);
    }
    const { facts } = reading;
    const ground = groundOf(client, choices, terminal);
    const outcome = await work({
      ground,
      facts,
      server,
      reporters: reportersOf(facts.installation),
    });
    return typeof outcome === 'number' ? outcome : printOutcome(outcome, choices, terminal);
  } catch (error) {
    return failed(error, choices, terminal);
  } finally {
    cluster.close();
  }
}

function failed(error: unknown, choices: ClusterChoices, terminal: Terminal): ExitCode {
  if (error instanceof TransactionFailure) {
    return printOutcome({ kind: 'refused', lines: error.lines }, choices, terminal);
  }
  const isOfServer = error instanceof ApiError || error instanceof ConnectionError;
  if (!isOfServer && !(error instanceof Interruption)) throw error;
  return couldNotRun(`${error.message}; nothing was changed`, choices, terminal);
}

function couldNotRun(why: string, { output }: ClusterChoices, terminal: Terminal): ExitCode {
  if (output === 'json') terminal.print(failureLine('unreadable', why));
  else terminal.complain(why);
  return ExitCode.CouldNotRun;
}

const EXIT: Readonly<Record<Outcome['kind'], ExitCode>> = {
  done: ExitCode.Done,
  refused: ExitCode.Refused,
  unfinished: ExitCode.CouldNotRun,
};

function printOutcome(
  { kind, lines, facts = {} }: Outcome,
  { output }: ClusterChoices,
  terminal: Terminal,
): ExitCode {
  if (output === 'json') terminal.print(JSON.stringify({ outcome: kind, lines, ...facts }));
  else if (kind === 'done') for (const line of lines) terminal.print(line);
  else for (const line of lines) terminal.complain(line);
  return EXIT[kind];
}

function groundOf(
  client: Ground['client'],
  { namespace, timeout, record }: ClusterChoices,
  terminal: Terminal,
): Ground {
  const { clock, random, interrupted } = terminal;
  return {
    ...{ client, clock, random, interrupted, namespace, patience: timeout },
    progress: (line) => terminal.progress(line),
    keep: async (text) => await keep(record, text, terminal),
  };
}

/** Writes the record, unless the file holds something else, or a migration that somebody may still want to undo. */
async function keep(path: string, text: string, terminal: Terminal): Promise<Written> {
  const there = (await readText(path, terminal)) ?? '';
  const present = parseRecord(there);
  const ours = parseRecord(text);
  if (!('problem' in present) && !('problem' in ours)) {
    const isOther = present.id !== ours.id && present.phase !== 'undone';
    if (isOther) {
      const why = `${path} holds the record of another migration, begun ${present.begun}: --record names another file`;
      return { kind: 'unwritable', why };
    }
  }
  if ('problem' in present && there.trim() !== '') {
    return { kind: 'unwritable', why: `${path} holds something else: --record names another file` };
  }
  return await terminal.write({ path, text, confidential: true });
}

/** The text of a file; `undefined` where it cannot be read. */
export async function readText(path: string, terminal: Terminal): Promise<string | undefined> {
  const reading = await terminal.read(path);
  return reading.kind === 'octets' ? decodeText(reading.octets).text : undefined;
}

/** Ours tell, where they read both sources; the original's programs, and ours with one source, say nothing. */
function reportersOf({ maker, source, speakerNodes = [] }: Installation): readonly Reporter[] {
  if (maker !== 'ours' || source !== 'auto') return [];
  const speakers = speakerNodes.map((host) => ({ component: SPEAKER, host }));
  return [{ component: CONTROLLER, host: '' }, ...speakers];
}

/** Whether somebody else's programs give addresses, or may: in a sentence. */
export function whyNobodyReports({ installation }: ClusterFacts): string | undefined {
  const { maker, source, version } = installation;
  switch (maker) {
    case 'ours':
      return source === 'auto'
        ? undefined
        : `the programs run with --config-source=${source} and compare nothing`;
    case 'original':
      return `MetalLB ${version} runs here, which knows nothing of agreement`;
    case 'none':
      return 'neither a controller nor speakers run here';
    case 'unknown':
      return 'whose programs run here cannot be told';
    default:
      return maker satisfies never;
  }
}
