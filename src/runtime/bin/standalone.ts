/** metal-standalone: controller and speaker in one process, the cluster read from a folder of manifests. */
import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import type { Announcer } from '../layer2/index.ts';
import type { Compat } from '../model/index.ts';
import { NodeClock, NodeRandom, stdoutLogger } from '../platform/index.ts';
import type { Task } from '../platform/ports.ts';
import { Folder, FolderCluster, recallState } from '../standalone/index.ts';
import { StandaloneOutput } from './standalone-output.ts';
import {
  type Surroundings,
  listenerOf,
  makeAnnouncer,
  makeController,
  makeSpeaker,
  obstacleToRawSockets,
} from './standalone-wiring.ts';

interface Choices {
  readonly dir: string;
  readonly interface?: string[];
  readonly announce: boolean;
  readonly nodeName: string;
  readonly output: 'text' | 'json';
  readonly logLevel: string;
  readonly compat: Compat;
}

const LEVELS = ['all', 'debug', 'info', 'warn', 'error', 'none'];
const RELEASES = ['v0.10', 'v0.11', 'v0.12', 'v0.13'];

await new Command('metal-standalone')
  .description('Assigns addresses to the Services of a folder and announces them from this host.')
  .requiredOption('--dir <directory>', 'manifests: ConfigMap "config", Services, Endpoints')
  .option('--interface <name...>', 'announce on these interfaces only')
  .option('--no-announce', 'assign addresses, announce nothing')
  .option('--node-name <name>', 'name of this host in Endpoints', hostname())
  .addOption(new Option('--output <form>').choices(['text', 'json']).default('text'))
  .addOption(new Option('--log-level <level>').choices(LEVELS).default('error'))
  .addOption(new Option('--compat <release>').choices(RELEASES).default('v0.12'))
  .addHelpText('after', '\nExample:\n  metal-standalone --dir /etc/metal-lb --interface eth0')
  .action(main)
  .parseAsync();

async function main(choices: Choices): Promise<void> {
  if (statSync(choices.dir, { throwIfNoEntry: false })?.isDirectory() !== true) {
    process.stderr.write(`metal-standalone: ${choices.dir} is no folder\n`);
    process.exitCode = 2;
    return;
  }
  const clock = new NodeClock();
  const output = new StandaloneOutput(clock, choices.output);
  const logger = stdoutLogger(choices.logLevel);
  const around = { clock, random: new NodeRandom(), logger, events: output };
  const announcer = await chooseAnnouncer(choices, around, output);
  await serve(choices, around, announcer, output);
}

/** The announcer, or nothing and the reason said. */
async function chooseAnnouncer(
  choices: Choices,
  around: Surroundings,
  output: StandaloneOutput,
): Promise<Announcer | undefined> {
  const obstacle = choices.announce ? await obstacleToRawSockets() : 'as asked';
  if (obstacle === undefined) return makeAnnouncer(choices.interface, around);
  output.remark(`addresses are assigned, but nothing is announced (${obstacle})`);
  return undefined;
}

async function serve(
  { dir, nodeName: node, compat }: Choices,
  around: Surroundings,
  announcer: Announcer | undefined,
  output: StandaloneOutput,
): Promise<void> {
  const remark = (text: string): void => output.remark(text);
  const folder = new Folder(dir, around.clock, {
    contents: (files) => cluster.contents(files),
    lost: remark,
  });
  const remembered = await recallState(folder, remark);
  const identity = { node, compat };
  const controller = makeController(
    {
      publish: (view, addresses) => cluster.publish(view, addresses),
      refresh: (key) => cluster.refresh(key),
    },
    identity,
    around,
  );
  const speakers =
    announcer === undefined
      ? []
      : [makeSpeaker(announcer, (key) => cluster.endpointsOf(key), identity, around)];
  const cluster = new FolderCluster(
    {
      clock: around.clock,
      saveState: (text) => folder.saveState(text),
      listeners: [controller, ...speakers.map(listenerOf)],
      endpointsChanged: (key) => speakers.forEach((speaker) => speaker.endpointsChanged(key)),
      consumers: [controller, ...speakers],
      observer: output,
    },
    identity,
    remembered,
  );
  await runAll([folder, ...speakers, ...(announcer === undefined ? [] : [announcer])]);
  await controller.stop();
  cluster.close();
}

/** Runs until a signal, the end of whoever started this program, or the first failure. */
async function runAll(tasks: readonly Task[]): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, end);
  if (process.connected) process.once('disconnect', end);
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task.run(stop.signal);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        process.stderr.write(`metal-standalone: ${task.name}: ${error.message}\n`);
        process.exitCode = 1;
        end();
      }
    }),
  );
  if (process.connected) process.disconnect();
}
