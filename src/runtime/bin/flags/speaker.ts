import { Secret, parseDuration } from '../../model/index.ts';
import { parseIp } from '../../net/index.ts';
import { type Duration, millis } from '../../platform/ports.ts';
import { BGP_FLAGS, type BgpFlags, bgpOf } from './bgp.ts';
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
  readonly memberlist: MemberlistFlags;
  readonly layer2: Layer2Flags;
  readonly bgp: BgpFlags;
}

/** The ring of speakers. legacy.md §7 */
export interface MemberlistFlags {
  /** An IP address where there are {@link labels} too; empty: no ring. */
  readonly bindAddress: string;
  readonly bindPort: number;
  /** Selects the Pods of all speakers; empty: no ring. */
  readonly labels: string;
  /** Empty: gossip in the clear. */
  readonly secretKey: Secret;
  /** Where {@link secretKey} is mounted and may change; absent where it was given. */
  readonly secretKeyPath?: string;
  /** Put before every packet, as later releases of memberlist do; empty: none. */
  readonly label: string;
  readonly failover: 'default' | 'fast';
  /** What a speaker does that sees fewer than half of the others. */
  readonly minority: 'announce' | 'withdraw';
}

/** How addresses are announced on links. */
export interface Layer2Flags {
  /** Between two announcements of an address that stays; 0: never. */
  readonly announceInterval: Duration;
  /** Whether it is asked who has an address before it is first used. RFC 5227 §2.1 */
  readonly probeAddresses: boolean;
}

const MEMBERLIST_PORT = 7946;
/** memberlist-wire.md §15 */
const LONGEST_LABEL = 255;

/** What the original has not. */
const OWN_FLAGS: readonly Flag[] = [
  {
    name: 'failover',
    type: 'string',
    value: 'default',
    choices: ['default', 'fast'],
    meaning: 'default, or fast where every speaker of the ring runs with it',
  },
  {
    name: 'minority',
    type: 'string',
    value: 'announce',
    choices: ['announce', 'withdraw'],
    meaning: 'what a speaker does that sees fewer than half of the others: announce or withdraw',
  },
  {
    name: 'announce-interval',
    type: 'string',
    value: '2m0s',
    meaning: 'how often every address is announced anew; 0 for never',
  },
  ...BGP_FLAGS,
  {
    name: 'probe-addresses',
    type: 'bool',
    value: false,
    meaning: 'ask the link whether an address is taken before it is first used',
  },
];

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
  const flaw = ringFlaw(values);
  if (flaw !== undefined) {
    return failure(logLevel, { error: flaw, msg: 'failed to create memberlist' });
  }
  const bindPort = portOf(String(values['ml-bindport']));
  if (bindPort === undefined) {
    const error = 'unable to parse ml-bindport';
    return failure(logLevel, { error, msg: 'failed to create memberlist' });
  }
  const announceInterval = intervalOf(String(values['announce-interval']));
  if (typeof announceInterval === 'string') {
    return failure(logLevel, { error: announceInterval, msg: 'invalid announce-interval' });
  }
  const bgp = bgpOf(values);
  if (typeof bgp === 'string') return failure(logLevel, { error: bgp, msg: 'invalid BGP flag' });
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
    memberlist: memberlistOf(values, bindPort, secretKey),
    layer2: { announceInterval, probeAddresses: values['probe-addresses'] === true },
    bgp,
  };
  return { kind: 'options', options };
}

/** Why there can be no ring where one is wanted. */
function ringFlaw(values: FlagValues): string | undefined {
  const address = String(values['ml-bindaddr']);
  if (address === '' || values['ml-labels'] === '') return undefined;
  if (parseIp(address) === undefined) return `ml-bindaddr is no address: ${address}`;
  const label = Buffer.byteLength(String(values['ml-label']));
  return label <= LONGEST_LABEL ? undefined : `ml-label has more than ${LONGEST_LABEL} bytes`;
}

function memberlistOf(
  values: FlagValues,
  bindPort: number,
  { key, path }: FoundSecret,
): MemberlistFlags {
  return {
    bindAddress: String(values['ml-bindaddr']),
    bindPort,
    labels: String(values['ml-labels']),
    secretKey: key,
    ...(path !== undefined && { secretKeyPath: path }),
    label: String(values['ml-label']),
    failover: values['failover'] as MemberlistFlags['failover'],
    minority: values['minority'] as MemberlistFlags['minority'],
  };
}

interface FoundSecret {
  readonly key: Secret;
  /** Where it was read. */
  readonly path?: string;
}

/** The key as it is given, else the one that is mounted. A key in hand makes the mount unread. */
function secretKeyOf(
  values: FlagValues,
  { mountedKey }: Surroundings,
): ({ readonly kind: 'key' } & FoundSecret) | { readonly kind: 'unreadable'; why: string } {
  const given = String(values['ml-secret-key']);
  const path = String(values['ml-secret-key-path']);
  if (given !== '' || path === '' || mountedKey === undefined) {
    return { kind: 'key', key: new Secret(given) };
  }
  try {
    return { kind: 'key', key: new Secret(mountedKey(path)), path };
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

/** The shortest time between announcements that no switch or neighbor is bothered by. */
const SHORTEST_INTERVAL = millis(1000);

/** Or what is wrong with the text. */
function intervalOf(text: string): Duration | string {
  const read = parseDuration(text);
  if (read.kind === 'malformed') return read.message;
  const interval = millis(Number(read.nanoseconds / 1_000_000n));
  if (interval === 0 && read.nanoseconds === 0n) return interval;
  return interval >= SHORTEST_INTERVAL ? interval : `want 0 or at least 1s, not ${text}`;
}

function flagTable(around: Surroundings): readonly Flag[] {
  const key = 'key that encrypts memberlist traffic';
  const table: readonly [name: string, variable: string, meaning: string][] = [
    ['host', 'METALLB_HOST', 'address of the metrics page; empty for all'],
    ['node-name', 'METALLB_NODE_NAME', 'name of the own node, required'],
    ['ml-bindaddr', 'METALLB_ML_BIND_ADDR', 'address for memberlist'],
    ['ml-bindport', 'METALLB_ML_BIND_PORT', 'port for memberlist; empty for 7946'],
    ['ml-labels', 'METALLB_ML_LABELS', 'label selector of the speaker Pods'],
    ['ml-label', 'METALLB_ML_LABEL', 'label of every memberlist packet; empty for none'],
    ['ml-secret-key-path', 'METALLB_ML_SECRET_KEY_PATH', 'directory where that key is mounted'],
  ];
  return [
    ...programFlags(around),
    ...table.map(([name, variable, meaning]) => fromEnvironment(around, name, variable, meaning)),
    { ...fromEnvironment(around, 'ml-secret-key', 'METALLB_ML_SECRET_KEY', key), type: 'secret' },
    ...OWN_FLAGS,
    {
      name: 'ignore-exclude-lb',
      type: 'bool',
      value: false,
      meaning: 'announce from nodes labeled exclude-from-external-load-balancers too',
    },
  ];
}
