#!/usr/bin/env node
/** metal-standalone: controller and speaker in one process, the cluster read from a folder of manifests. */
import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import type { BgpMode } from '../bgp/index.ts';
import type { ServiceStatusWriter } from '../controller/index.ts';
import type { Announcer } from '../layer2/index.ts';
import { type Compat, RELEASES } from '../model/index.ts';
import {
  JsonLogger,
  LOG_THRESHOLDS,
  type LogThreshold,
  SystemClock,
  SystemRandom,
  runUntilStopped,
} from '../platform/index.ts';
import type { Task } from '../platform/ports.ts';
import type { Speaker } from '../speaker/index.ts';
import { Folder, FolderCluster, recallState } from '../standalone/index.ts';
import { YieldingController } from './standalone/yielding-controller.ts';
import { StandaloneOutput } from './standalone/output.ts';
import {
  type Surroundings,
  listenerOf,
  makeAnnouncer,
  makeController,
  makeSpeaker,
  obstacleToRawSockets,
} from './standalone/wiring.ts';

interface Choices {
  readonly dir: string;
  readonly interface?: string[];
  readonly announce: boolean;
  readonly nodeName: string;
  readonly output: 'text' | 'json';
  readonly logLevel: LogThreshold;
  readonly compat: Compat;
  readonly bgpMode: BgpMode;
}

await new Command('metal-standalone')
  .description('Assigns addresses to the Services of a folder and announces them from this host.')
  .requiredOption('--dir <directory>', 'manifests: ConfigMap "config", Services, Endpoints')
  .option('--interface <name...>', 'announce on these interfaces only')
  .option('--no-announce', 'assign addresses, announce nothing')
  .option('--node-name <name>', 'name of this host in Endpoints', hostname())
  .addOption(new Option('--output <form>').choices(['text', 'json']).default('text'))
  .addOption(new Option('--log-level <level>').choices(LOG_THRESHOLDS).default('error'))
  .addOption(new Option('--compat <release>').choices(RELEASES).default('v0.12'))
  .addOption(
    new Option('--bgp-mode <mode>', "whose rules BGP follows: MetalLB's own, or those of its FRR")
      .choices(['native', 'frr'])
      .default('native'),
  )
  .addHelpText('after', '\nExample:\n  metal-standalone --dir /etc/metal-lb --interface eth0')
  .action(main)
  .parseAsync();

async function main(choices: Choices): Promise<void> {
  if (statSync(choices.dir, { throwIfNoEntry: false })?.isDirectory() !== true) {
    process.stderr.write(`metal-standalone: ${choices.dir} is no folder\n`);
    process.exitCode = 2;
    return;
  }
  const clock = new SystemClock();
  const output = new StandaloneOutput(clock, choices.output);
  // Tables go to standard output, the log beside them.
  const log = { stream: process.stderr, clock, caller: 'metal-standalone' };
  const logger = new JsonLogger({ ...log, threshold: choices.logLevel });
  const around = { clock, random: new SystemRandom(), logger, events: output };
  const announcer = await chooseAnnouncer(choices, around, output);
  await serve(choices, around, announcer, output);
  await logger.flush();
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
  { dir, nodeName: node, compat, bgpMode: mode }: Choices,
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
  const identity = { node, compat, mode };
  const writer: ServiceStatusWriter = {
    publish: (view, addresses) => cluster.publish(view, addresses),
    refresh: (key) => cluster.refresh(key),
  };
  const controller = new YieldingController(() => makeController(writer, identity, around), remark);
  const announcing =
    announcer === undefined
      ? []
      : [makeSpeaker(announcer, (key) => cluster.endpointsOf(key), identity, around)];
  const speakers: readonly Speaker[] = announcing.map(({ speaker }) => speaker);
  const bgp = announcing.flatMap(({ bgp: tasks }) => tasks);
  const cluster: FolderCluster = new FolderCluster(
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
  await runAll([announcer === undefined ? [] : [announcer], bgp, speakers, [folder]], around);
  await controller.stop();
  cluster.close();
}

/** Runs until a signal, the end of whoever started this program, or the first failure. */
async function runAll(
  stages: readonly (readonly Task[])[],
  { clock, logger }: Surroundings,
): Promise<void> {
  const end = (): void => void process.kill(process.pid, 'SIGTERM');
  if (process.connected) process.once('disconnect', end);
  process.stdout.once('error', end); // Nobody reads on.
  const { ending } = await runUntilStopped(stages, { clock, logger, signals: process });
  if (ending.kind === 'failed') process.exitCode = 1;
  process.off('disconnect', end);
  if (process.connected) process.disconnect();
}
