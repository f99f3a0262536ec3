import { Secret } from '../../model/index.ts';
import type { Flag, FlagValues } from './go-flags.ts';
import {
  type Exit,
  type ProgramOptions,
  type Surroundings,
  failure,
  fromEnvironment,
  modeOf,
  programFlags,
  programOptions,
  readFlags,
} from './startup.ts';

/** The options of `metal-speaker`. legacy.md §2.2, crd.md §3.7 */
export interface SpeakerOptions extends ProgramOptions {
  /** Where the metrics page listens; empty: everywhere. */
  readonly host: string;
  readonly nodeName: string;
  readonly disableEndpointSlices: boolean;
  /** `METALLB_BGP_TYPE`: whose rules a configuration must follow. */
  readonly mode: 'native' | 'frr';
  /** Whether nodes labeled `node.kubernetes.io/exclude-from-external-load-balancers` announce all the same. */
  readonly ignoreExcludeLb: boolean;
  readonly memberlist: {
    readonly bindAddress: string;
    readonly bindPort: number;
    /** Selects the Pods of all speakers. */
    readonly labels: string;
    /** Empty: gossip in the clear. */
    readonly secretKey: Secret;
  };
}

const MEMBERLIST_PORT = 7946;

/** @param argv - without the names of the interpreter and the program */
export function speakerOptions(
  argv: readonly string[],
  around: Surroundings,
): { readonly kind: 'options'; readonly options: SpeakerOptions } | Exit {
  const flags = readFlags('metal-speaker', flagTable(around), argv);
  if (flags.kind === 'exit') return flags;
  const { values } = flags;
  const read = programOptions(values, around);
  if (read.kind === 'exit') return read;
  const { logLevel, compat } = read.options;
  const nodeName = String(values['node-name']);
  if (nodeName === '') {
    const error = 'must specify --node-name or METALLB_NODE_NAME';
    return failure(logLevel, { error, msg: 'missing configuration' });
  }
  const bindPort = portOf(String(values['ml-bindport']));
  if (bindPort === undefined) {
    const error = 'unable to parse ml-bindport';
    return failure(logLevel, { error, msg: 'failed to create memberlist' });
  }
  const mode = modeOf(compat, around);
  if (typeof mode !== 'string') return mode;
  const secretKey = secretKeyOf(values, around);
  if (secretKey.kind === 'unreadable') {
    return failure(logLevel, { error: secretKey.why, msg: 'failed to read memberlist secret key' });
  }
  const options: SpeakerOptions = {
    ...read.options,
    host: String(values['host']),
    nodeName,
    disableEndpointSlices: values['disable-epslices'] === true,
    mode,
    ignoreExcludeLb: values['ignore-exclude-lb'] === true,
    memberlist: {
      bindAddress: String(values['ml-bindaddr']),
      bindPort,
      labels: String(values['ml-labels']),
      secretKey: secretKey.key,
    },
  };
  return { kind: 'options', options };
}

/** The key as it is given, else the one that is mounted. A key in hand makes the mount unread. */
function secretKeyOf(
  values: FlagValues,
  { mountedKey }: Surroundings,
): { readonly kind: 'key'; readonly key: Secret } | { readonly kind: 'unreadable'; why: string } {
  const given = String(values['ml-secret-key']);
  const path = String(values['ml-secret-key-path']);
  if (given !== '' || path === '' || mountedKey === undefined) {
    return { kind: 'key', key: new Secret(given) };
  }
  try {
    return { kind: 'key', key: new Secret(mountedKey(path)) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { kind: 'unreadable', why: error.message };
  }
}

/** Decimal only, as the original reads it; empty is the usual port. */
function portOf(text: string): number | undefined {
  if (text === '') return MEMBERLIST_PORT;
  const port = /^\+?\d+$/.test(text) ? Number(text) : Infinity;
  return port <= 65535 ? port : undefined;
}

function flagTable(around: Surroundings): readonly Flag[] {
  const key = 'key that encrypts memberlist traffic';
  const table: readonly [name: string, variable: string, meaning: string][] = [
    ['host', 'METALLB_HOST', 'address of the metrics page; empty for all'],
    ['node-name', 'METALLB_NODE_NAME', 'name of the own node, required'],
    ['ml-bindaddr', 'METALLB_ML_BIND_ADDR', 'address for memberlist'],
    ['ml-bindport', 'METALLB_ML_BIND_PORT', 'port for memberlist; empty for 7946'],
    ['ml-labels', 'METALLB_ML_LABELS', 'label selector of the speaker Pods'],
    ['ml-secret-key-path', 'METALLB_ML_SECRET_KEY_PATH', 'directory where that key is mounted'],
  ];
  return [
    ...programFlags(around),
    ...table.map(([name, variable, meaning]) => fromEnvironment(around, name, variable, meaning)),
    { ...fromEnvironment(around, 'ml-secret-key', 'METALLB_ML_SECRET_KEY', key), type: 'secret' },
    {
      name: 'ignore-exclude-lb',
      type: 'bool',
      value: false,
      meaning: 'announce from nodes labeled exclude-from-external-load-balancers too',
    },
  ];
}
