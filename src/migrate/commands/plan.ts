import { Command, Option } from 'commander';
import { ConnectionError } from '../../runtime/kube/index.ts';
import { type Compat, type Problem, RELEASES } from '../../runtime/model/index.ts';
import { seconds } from '../../runtime/platform/ports.ts';
import {
  type ClusterFacts,
  type FactsReading,
  readClusterFacts,
  withSecretsNamed,
} from '../cluster/index.ts';
import { clusterOptions, readDocuments, readInput } from '../input/input.ts';
import { planPage } from '../page/index.ts';
import {
  type Desired,
  type PlanReport,
  type Side,
  configurationInForce,
  desiredByItself,
  desiredFrom,
  legacyTextIn,
  makePlan,
  planText,
} from '../planning/index.ts';
import { failureLine } from '../reporting/failure.ts';
import { validationLine } from '../reporting/json.ts';
import { reportForPeople } from '../reporting/report.ts';
import { type Cluster, type ClusterChoice, ExitCode, type Terminal } from '../terminal.ts';

interface Choices extends ClusterChoice {
  readonly output: 'text' | 'json' | 'html';
  readonly to?: string;
  readonly all: boolean;
  readonly prune: boolean;
  readonly before?: string;
  readonly compatAfter?: Compat;
}

/** What keeps a plan from being made. */
class CannotPlan extends Error {
  override readonly name = 'CannotPlan';
  readonly reason: 'unreadable' | 'unwritable';

  constructor(reason: CannotPlan['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** For all of a cluster: somebody waits. */
const PATIENCE = seconds(120);

const EXAMPLE = `
Examples:
  metal-migrate plan
  metal-migrate plan new-config.yaml -o html --to plan.html

Without FILE, the ConfigMap of the cluster is converted. Nothing is written to the cluster.
Exits with 0 if nothing moves, 1 if something moves, 2 if that could not be told.`;

/** `plan [FILE]`: what a configuration would do to every Service and speaker of a cluster. product.md §4 */
export function planCommand(terminal: Terminal, settle: (code: ExitCode) => void): Command {
  const command = new Command('plan')
    .description('Says what another configuration would do to every Service of the cluster.')
    .argument('[FILE]', 'the configuration to be, in any form; "-" for standard input')
    .addOption(
      new Option('-o, --output <form>', 'text for people, one JSON object, or a page of HTML')
        .choices(['text', 'json', 'html'])
        .default('text'),
    )
    .option('--to <path>', 'write it to this file instead')
    .option('--all', 'tell of Services that stay as they are, too', false)
    .option('--prune', 'take resources that FILE does not have for deleted', false)
    .option('--before <file>', 'what is in force, where the cluster does not tell')
    .addOption(
      new Option('--compat-after <release>', 'the release whose rules hold then').choices(RELEASES),
    )
    .addHelpText('after', EXAMPLE)
    .action(async (file: string | undefined, choices: Choices) => {
      settle(await plan(file, choices, terminal));
    });
  for (const option of clusterOptions()) command.addOption(option);
  return command;
}

async function plan(
  file: string | undefined,
  choices: Choices,
  terminal: Terminal,
): Promise<ExitCode> {
  const cluster = await terminal.connect(choices);
  try {
    if (cluster.kind === 'unreadable') throw new CannotPlan('unreadable', cluster.why);
    const report = await withPatience(cluster, terminal, (signal) =>
      planFor(file, { ...choices, cluster, signal }, terminal),
    );
    if (report === undefined) return ExitCode.CouldNotRun;
    await deliver(report, choices, terminal);
    return exitCodeOf(report);
  } catch (error) {
    if (!(error instanceof CannotPlan)) throw error;
    if (choices.output === 'json') terminal.print(failureLine(error.reason, error.message));
    else terminal.complain(error.message);
    return ExitCode.CouldNotRun;
  } finally {
    if (cluster.kind === 'connected') cluster.close();
  }
}

function exitCodeOf({ verdict }: PlanReport): ExitCode {
  if (verdict.moves) return ExitCode.Refused;
  return verdict.unknown.length > 0 ? ExitCode.CouldNotRun : ExitCode.Done;
}

type Connected = Extract<Cluster, { kind: 'connected' }>;

interface Task extends Choices {
  readonly cluster: Connected;
  readonly signal: AbortSignal;
}

async function withPatience<T>(
  { server }: Connected,
  { clock, interrupted }: Terminal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const why = `${server} did not give everything within ${PATIENCE / 1000} s`;
  const timer = clock.after(PATIENCE, () => late.abort(new ConnectionError(why)));
  try {
    return await work(AbortSignal.any([interrupted, late.signal]));
  } finally {
    timer[Symbol.dispose]();
  }
}

/** The report, or nothing where the problems of the configuration have been told. */
async function planFor(
  file: string | undefined,
  task: Task,
  terminal: Terminal,
): Promise<PlanReport | undefined> {
  const { cluster, signal, namespace } = task;
  const options = { namespace, signal, progress: (line: string) => terminal.progress(line) };
  const { client, server } = cluster;
  const facts = factsOf(await readClusterFacts(client, options), server);
  const before = await sideBefore(facts, task, terminal);
  const desired = await desiredBy(file, { ...task, facts }, terminal);
  if (desired === undefined) return undefined;
  const names = [...desired.wanted.secrets.keys()];
  const whole = factsOf(await withSecretsNamed(client, names, { ...options, facts }), server);
  const { wanted, after } = desired;
  const compatAfter = task.compatAfter ?? facts.installation.compat;
  return makePlan(whole, { server, before, after, wanted, compatAfter });
}

function factsOf(reading: FactsReading, server: string): ClusterFacts {
  if (reading.kind === 'facts') return reading.facts;
  throw new CannotPlan('unreadable', `${server}: ${reading.why}`);
}

async function sideBefore(facts: ClusterFacts, task: Task, terminal: Terminal): Promise<Side> {
  if (task.before === undefined) {
    const found = configurationInForce(facts);
    if (found.kind === 'known') return { config: undefined, ...found };
    const advice = 'name a file with what is in force by --before';
    throw new CannotPlan('unreadable', `${found.why}; ${advice}`);
  }
  const { compat } = facts.installation;
  const legacy = compat === 'v0.13' ? 'v0.12' : compat;
  const input = await readInput(task.before, { ...task, mode: 'none', compat: legacy }, terminal);
  if (input.kind === 'unreadable') {
    throw new CannotPlan('unreadable', `${task.before}: ${input.why}`);
  }
  if (input.validation.kind === 'valid') {
    return { config: input.validation.config, from: nameOf(task.before), remarks: [] };
  }
  const [problem] = input.validation.problems;
  throw new CannotPlan('unreadable', `${task.before} is refused: ${problem?.message ?? ''}`);
}

async function desiredBy(
  file: string | undefined,
  { facts, ...task }: Task & { readonly facts: ClusterFacts },
  terminal: Terminal,
): Promise<Extract<Desired, { kind: 'desired' }> | undefined> {
  const { prune } = task;
  if (file === undefined) {
    const name = `ConfigMap ${facts.installation.configMap}`;
    const source = { name, text: legacyTextIn(facts) ?? '' };
    const own = desiredByItself(facts, prune);
    if (own.kind === 'nothing') {
      throw new CannotPlan('unreadable', `${own.why}: name a FILE, or the namespace by -n`);
    }
    return orTell(own, source, task, terminal);
  }
  const documents = await readDocuments(file, task, terminal);
  if (documents.kind === 'unreadable') {
    throw new CannotPlan('unreadable', `${file}: ${documents.why}`);
  }
  const { text } = documents;
  const desired: Desired =
    documents.kind === 'unclear'
      ? { kind: 'refused', problems: documents.problems }
      : desiredFrom(facts, documents, { place: nameOf(file), prune });
  return orTell(desired, { name: file, text }, task, terminal);
}

/** What a person calls it. */
function nameOf(file: string): string {
  if (file === '-') return 'standard input';
  return file === 'cluster' ? 'what the cluster has, as resources' : file;
}

function orTell(
  desired: Desired,
  { name, text }: { readonly name: string; readonly text: string },
  { output }: Choices,
  terminal: Terminal,
): Extract<Desired, { kind: 'desired' }> | undefined {
  if (desired.kind === 'desired') return desired;
  const problems: readonly Problem[] = desired.problems;
  const invalid = { kind: 'invalid', problems } as const;
  if (output === 'json') terminal.print(validationLine(name, invalid));
  else {
    const look = { text, color: terminal.color };
    for (const line of reportForPeople(name, invalid, look)) terminal.complain(line);
  }
  return undefined;
}

async function deliver(
  report: PlanReport,
  { output, to, all }: Choices,
  terminal: Terminal,
): Promise<void> {
  const text = textOf(report, output, all);
  if (to === undefined) {
    terminal.print(text);
    return;
  }
  const written = await terminal.write({ path: to, text: `${text}\n` });
  if (written.kind === 'unwritable') {
    throw new CannotPlan('unwritable', `${to}: ${written.why}`);
  }
  terminal.print(report.verdict.text);
}

function textOf(report: PlanReport, output: Choices['output'], all: boolean): string {
  switch (output) {
    case 'text':
      return planText(report, { all }).join('\n');
    case 'json':
      return JSON.stringify(report);
    case 'html':
      return planPage(report).trimEnd();
    default:
      return output satisfies never;
  }
}
