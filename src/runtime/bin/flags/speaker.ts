import { Secret } from '../../model/index.ts';
import type { LogFields } from '../../platform/ports.ts';
import type { Flag } from './go-flags.ts';
import {
  type Exit,
  type ProgramOptions,
  type Start,
  type Surroundings,
  bgpTypeOf,
  fromEnvironment,
  programFlags,
  programOptions,
  readFlags,
} from './startup.ts';

/** The options of `metal-speaker`. legacy.md §2.2 */
export interface SpeakerOptions extends ProgramOptions {
  /** Where the metrics page listens; empty: everywhere. */
  readonly host: string;
  /** Name of the own node. */
  readonly node: string;
  /** `--disable-epslices` */
  readonly slices: 'detect' | 'disabled';
  /** `METALLB_BGP_TYPE`: whose rules a configuration must follow. */
  readonly bgpType: 'native' | 'frr';
  /** `--ml-labels`: selects the Pods of all speakers. */
  readonly podSelector: string;
  readonly memberlist: {
    readonly bindAddress: string;
    readonly bindPort: number;
    /** Empty: gossip in the clear. */
    readonly secretKey: Secret;
  };
}

const MEMBERLIST_PORT = 7946;

/** @param argv - without the names of the interpreter and the program */
export function speakerCommandLine(
  argv: readonly string[],
  around: Surroundings,
): Start<SpeakerOptions> | Exit {
  const flags = readFlags('metal-speaker', flagTable(around), argv);
  if (flags.kind === 'exit') return flags;
  const { values, logLevel } = flags;
  const start = programOptions(values, logLevel, around);
  const bgpType = bgpTypeOf(start.options.compat, around);
  if (typeof bgpType !== 'string') return bgpType;
  const bindPort = portOf(String(values['ml-bindport']));
  const options: SpeakerOptions = {
    ...start.options,
    host: String(values['host']),
    node: String(values['node-name']),
    slices: values['disable-epslices'] === true ? 'disabled' : 'detect',
    bgpType,
    podSelector: String(values['ml-labels']),
    memberlist: {
      bindAddress: String(values['ml-bindaddr']),
      bindPort: bindPort ?? MEMBERLIST_PORT,
      secretKey: new Secret(String(values['ml-secret-key'])),
    },
  };
  const fault = start.fault ?? faultOf(options.node, bindPort);
  return { kind: 'options', options, ...(fault !== undefined && { fault }) };
}

/** What is missing or wrong, in the original's order. legacy.md §2.4 */
function faultOf(node: string, bindPort: number | undefined): LogFields | undefined {
  if (node === '') {
    const error = 'must specify --node-name or METALLB_NODE_NAME';
    return { op: 'startup', error, msg: 'missing configuration' };
  }
  if (bindPort !== undefined) return undefined;
  const error = 'unable to parse ml-bindport';
  return { op: 'startup', error, msg: 'failed to create memberlist' };
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
  ];
  return [
    ...programFlags(around),
    ...table.map(([name, variable, meaning]) => fromEnvironment(around, name, variable, meaning)),
    { ...fromEnvironment(around, 'ml-secret-key', 'METALLB_ML_SECRET_KEY', key), type: 'secret' },
  ];
}
