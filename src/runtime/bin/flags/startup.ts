import { type Compat, RELEASES, atLeast } from '../../model/index.ts';
import { LOG_THRESHOLDS, type LogThreshold, isLogThreshold } from '../../platform/index.ts';
import type { LogFields } from '../../platform/ports.ts';
import {
  SOURCE_KINDS,
  type SourceChoice,
  type SourceKind,
  chooseSource,
} from '../../sources/index.ts';
import { type Flag, type FlagValues, parseFlags } from './go-flags.ts';

/** The world as far as options depend on it. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The namespace of the pod this runs in, from its service account. */
  readonly podNamespace: string | undefined;
  /** The key `secretkey` of the Secret mounted at a path; absent where no key can come from a file. Throws if unreadable. */
  readonly mountedKey?: (path: string) => string;
}

/** What a program does instead of starting. */
export interface Exit {
  readonly kind: 'exit';
  readonly code: 0 | 1 | 2;
  /** Both are written as they stand. */
  readonly stdout: string;
  readonly stderr: string;
  /** The line to log as an error, and the threshold it must pass. */
  readonly log?: { readonly threshold: LogThreshold; readonly fields: LogFields };
}

/** What controller and speaker have in common. legacy.md §2.1–2.2, crd.md §3.7, product.md §2 and §5 */
export interface ProgramOptions {
  readonly port: number;
  /** Name of the ConfigMap. */
  readonly config: string;
  readonly namespace: string;
  /** Empty: in the cluster. */
  readonly kubeconfig: string;
  readonly logLevel: LogThreshold;
  readonly enablePprof: boolean;
  readonly source: Exclude<SourceChoice, { readonly kind: 'refused' }>;
  readonly compat: Compat;
  readonly mlKeyBytes: 16 | 32;
  /** `--lb-class`: the one class of Services to serve; empty: see `isServed`. */
  readonly lbClass: string;
}

/** Flags of both programs; their texts are ours, what they take is the original's. */
const FLAGS: readonly Flag[] = [
  { name: 'port', type: 'int', value: 7472, meaning: 'port of the metrics page' },
  { name: 'config', type: 'string', value: 'config', meaning: 'name of the ConfigMap to read' },
  {
    name: 'kubeconfig',
    type: 'string',
    value: '',
    meaning: 'path of a kubeconfig; empty inside the cluster',
  },
  {
    name: 'log-level',
    type: 'string',
    value: 'info',
    meaning: `least grave lines to log: ${LOG_THRESHOLDS.join(', ')}`,
  },
  {
    name: 'disable-epslices',
    type: 'bool',
    value: false,
    meaning: 'read Endpoints even where there are EndpointSlices',
  },
  { name: 'enable-pprof', type: 'bool', value: false, meaning: 'serve /debug/pprof' },
  {
    name: 'config-source',
    type: 'string',
    value: 'auto',
    choices: SOURCE_KINDS,
    meaning: `where the configuration comes from: ${SOURCE_KINDS.join(', ')}`,
  },
  {
    name: 'config-file',
    type: 'string',
    value: '',
    meaning: 'path of the configuration, with --config-source=file',
  },
  {
    name: 'compat',
    type: 'string',
    value: 'v0.12',
    choices: RELEASES,
    meaning: `the MetalLB release to behave like: ${RELEASES.join(', ')}`,
  },
  {
    name: 'ml-key-bytes',
    type: 'int',
    value: 16,
    choices: [16, 32],
    meaning: 'length of the memberlist key, 16 or 32',
  },
  {
    name: 'lb-class',
    type: 'string',
    value: '',
    meaning: 'the one spec.loadBalancerClass to serve; with --compat=v0.13 empty for those without',
  },
];

export function programFlags(around: Surroundings): readonly Flag[] {
  const meaning = 'namespace of the ConfigMap and of the memberlist Secret';
  return [...FLAGS, fromEnvironment(around, 'namespace', 'METALLB_NAMESPACE', meaning)];
}

/** A flag whose default is an environment variable, as the usage says. */
export function fromEnvironment(
  { environment }: Surroundings,
  name: string,
  variable: string,
  meaning: string,
): Flag & { readonly type: 'string' } {
  const value = environment[variable] ?? '';
  return { name, type: 'string', value, meaning: `${meaning} (${variable})` };
}

/** The values of the flags, or how the program ends at once. */
export function readFlags(
  program: string,
  table: readonly Flag[],
  argv: readonly string[],
): { readonly kind: 'flags'; readonly values: FlagValues } | Exit {
  const parsed = parseFlags(program, table, argv);
  return parsed.kind === 'flags' ? parsed : { ...parsed, stdout: '' };
}

/** Checks what both programs check, in the original's order. legacy.md §2.4 */
export function programOptions(
  values: FlagValues,
  { podNamespace = '' }: Surroundings,
): { readonly kind: 'options'; readonly options: ProgramOptions } | Exit {
  const logLevel = String(values['log-level']);
  if (!isLogThreshold(logLevel)) {
    const why = `failed to parse log level: ${logLevel}`;
    return { kind: 'exit', code: 1, stdout: `failed to initialize logging: ${why}\n`, stderr: '' };
  }
  const namespace = String(values['namespace']) || podNamespace;
  if (namespace === '') {
    const msg =
      'Unable to get namespace from pod service account data, please specify --namespace or METALLB_NAMESPACE';
    return failure(logLevel, { msg });
  }
  const source = chooseSource(values['config-source'] as SourceKind, String(values['config-file']));
  if (source.kind === 'refused') {
    return failure(logLevel, { error: source.error, msg: 'invalid configuration source' });
  }
  const options: ProgramOptions = {
    port: Number(values['port']),
    config: String(values['config']),
    namespace,
    kubeconfig: String(values['kubeconfig']),
    logLevel,
    enablePprof: values['enable-pprof'] === true,
    source,
    compat: values['compat'] as Compat,
    mlKeyBytes: values['ml-key-bytes'] as 16 | 32,
    lbClass: String(values['lb-class']),
  };
  return { kind: 'options', options };
}

/** One line in the log, exit code 1. */
export function failure(threshold: LogThreshold, why: LogFields): Exit {
  const log = { threshold, fields: { op: 'startup', ...why } };
  return { kind: 'exit', code: 1, stdout: '', stderr: '', log };
}

/** `METALLB_BGP_TYPE`, which came with v0.12: anything but its two values is a crash. legacy.md §2.2 */
export function modeOf(compat: Compat, { environment }: Surroundings): 'native' | 'frr' | Exit {
  const text = environment['METALLB_BGP_TYPE'];
  if (text === undefined || !atLeast(compat, 'v0.12')) return 'native';
  if (text === 'native' || text === 'frr') return text;
  // From v0.13 on a speaker takes whatever it does not know for FRR. crd.md §2.7
  if (atLeast(compat, 'v0.13')) return 'frr';
  const stderr = `unsupported BGP implementation type: ${text}\n`;
  return { kind: 'exit', code: 2, stdout: '', stderr };
}
