import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MetricsServer, Registry, processMetrics, scrapeMetrics } from '../../metrics/index.ts';
import {
  JsonLogger,
  type LogThreshold,
  SystemClock,
  SystemRandom,
  runUntilStopped,
} from '../../platform/index.ts';
import { type Duration, type Task, seconds } from '../../platform/ports.ts';
import { podNamespace } from '../../kube/index.ts';
import type { Ground } from './cluster.ts';
import type { Exit, Surroundings } from '../flags/index.ts';

/** Put in by the build; not there when the sources are run as they are. */
declare const METAL_LB_VERSION: string | undefined;

/** What every daemon has at its disposal. */
export interface Daemon extends Ground {
  readonly logger: JsonLogger;
  readonly register: Registry;
}

export interface MetricsEndpoint {
  readonly host: string;
  readonly port: number;
  readonly profiling: boolean;
  /** Brings counters up to date before they are read. */
  readonly refresh?: () => Promise<void>;
}

/** The environment of this process and the namespace of its pod, for reading a command line. */
export async function surroundings(): Promise<Surroundings> {
  const mountedKey = (path: string) => readFileSync(join(path, 'secretkey'), 'utf8');
  return { environment: process.env, podNamespace: await podNamespace(), mountedKey };
}

/** The log of a program, on standard output. */
function programLogger(caller: string, threshold: LogThreshold): JsonLogger {
  return new JsonLogger({ stream: process.stdout, clock: new SystemClock(), threshold, caller });
}

/** Ends as the command line asks for. */
export async function leave({ code, stdout, stderr, log }: Exit, caller: string): Promise<void> {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
  if (log === undefined) return;
  const logger = programLogger(caller, log.threshold);
  logger.error(log.fields);
  await logger.flush();
}

/** Makes a daemon's surroundings and says that it starts. legacy.md §2.4 */
export function makeDaemon(name: 'controller' | 'speaker', threshold: LogThreshold): Daemon {
  const logger = programLogger(`metal-${name}`, threshold);
  const version = typeof METAL_LB_VERSION === 'string' ? METAL_LB_VERSION : 'dev';
  const msg = `MetalLB ${name} starting version ${version} (no build information)`;
  logger.info({
    version,
    commit: '',
    branch: '',
    goversion: '',
    nodeversion: process.version,
    msg,
  });
  const register = new Registry();
  processMetrics(register);
  return { clock: new SystemClock(), random: new SystemRandom(), logger, register };
}

export function serveMetrics(endpoint: MetricsEndpoint, { register, logger }: Daemon): Task {
  return new MetricsServer({ ...endpoint, register, observer: scrapeMetrics(register), logger });
}

/**
 * Runs the stages until a signal or a failure ends the program; later stages are stopped first. The exit code is 0
 * after a signal.
 *
 * @param grace - how long all of them together may take to stop
 */
export async function runDaemon(
  stages: readonly (readonly Task[])[],
  { clock, logger }: Daemon,
  grace: Duration = seconds(2),
): Promise<void> {
  const { ending, overdue } = await runUntilStopped(stages, {
    clock,
    logger,
    signals: process,
    grace,
  });
  if (overdue.length > 0) logger.warn({ op: 'shutdown', tasks: overdue, msg: 'stopped late' });
  process.exitCode = ending.kind === 'signal' ? 0 : 1;
  await logger.flush();
  // What is overdue must not keep the process.
  if (overdue.length > 0) process.exit();
}

/** Does `work`; if it fails, says what in one line and has the program exit with 1. legacy.md §2.4 */
export async function orFail<T>(
  { logger }: Daemon,
  msg: string,
  work: () => T | Promise<T>,
): Promise<T | 'failed'> {
  try {
    return await work();
  } catch (error) {
    logger.error({ op: 'startup', error, msg });
    process.exitCode = 1;
    await logger.flush();
    return 'failed';
  }
}
