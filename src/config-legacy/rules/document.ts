import { type Compat, atLeast } from '../../runtime/model/index.ts';
import type { Span } from '../yaml/tree.ts';
import { type TextMap, type Value } from '../yaml/decode.ts';
import type { IntSchema, ListSchema, Schema, StructSchema } from '../yaml/schema.ts';

/** The decoded, unchecked document; keys as written in it, absent and null ones missing. legacy.md §1.4 */
export interface ConfigFile extends Entry {
  readonly peers?: List<PeerEntry>;
  readonly 'bgp-communities'?: TextMap;
  readonly 'address-pools'?: List<PoolEntry>;
  readonly 'bfd-profiles'?: List<ProfileEntry>;
}

interface Entry {
  readonly span: Span;
}

interface List<Item> {
  readonly items: readonly Item[];
  readonly span: Span;
}

type Text = Value<string>;
type Count = Value<number>;
type Flag = Value<boolean>;

/** legacy.md §1.5 */
export interface PeerEntry extends Entry {
  readonly 'my-asn'?: Count;
  readonly 'peer-asn'?: Count;
  readonly 'peer-address'?: Text;
  readonly 'source-address'?: Text;
  readonly 'peer-port'?: Count;
  readonly 'hold-time'?: Text;
  readonly 'keepalive-time'?: Text;
  readonly 'router-id'?: Text;
  readonly 'node-selectors'?: List<SelectorEntry>;
  readonly password?: Text;
  readonly 'bfd-profile'?: Text;
  readonly 'ebgp-multihop'?: Flag;
}

/** legacy.md §1.6 */
export interface SelectorEntry extends Entry {
  readonly 'match-labels'?: TextMap;
  readonly 'match-expressions'?: List<RequirementEntry>;
}

export interface RequirementEntry extends Entry {
  readonly key?: Text;
  readonly operator?: Text;
  readonly values?: List<Text>;
}

/** legacy.md §1.7 */
export interface PoolEntry extends Entry {
  readonly name?: Text;
  readonly protocol?: Text;
  readonly addresses?: List<Text>;
  readonly 'auto-assign'?: Flag;
  readonly 'avoid-buggy-ips'?: Flag;
  readonly 'bgp-advertisements'?: List<AdvertisementEntry>;
}

/** legacy.md §1.10 */
export interface AdvertisementEntry extends Entry {
  readonly 'aggregation-length'?: Count;
  readonly 'aggregation-length-v6'?: Count;
  readonly localpref?: Count;
  readonly communities?: List<Text>;
}

/** legacy.md §1.12 */
export interface ProfileEntry extends Entry {
  readonly name?: Text;
  readonly 'receive-interval'?: Count;
  readonly 'transmit-interval'?: Count;
  readonly 'detect-multiplier'?: Count;
  readonly 'echo-interval'?: Count;
  readonly 'echo-mode'?: Flag;
  readonly 'passive-mode'?: Flag;
  readonly 'minimum-ttl'?: Count;
}

/** The release that brought a key, by struct type; keys not named here were there from the start. */
const SINCE: Readonly<Record<string, Readonly<Record<string, Compat>>>> = {
  'config.configFile': { 'bfd-profiles': 'v0.12' },
  'config.peer': {
    'source-address': 'v0.11',
    'keepalive-time': 'v0.12',
    'bfd-profile': 'v0.12',
    'ebgp-multihop': 'v0.12',
  },
  'config.bgpAdvertisement': { 'aggregation-length-v6': 'v0.12' },
};

/** What the document of a release may hold. legacy.md §1.14 */
export function documentSchema(compat: Compat): StructSchema {
  return restrict(CONFIG_FILE, compat);
}

/** The release that brought a key which the schema in force does not have. */
export function keySince(struct: StructSchema, key: string): Compat | undefined {
  return SINCE[struct.type]?.[key];
}

const STRING = { kind: 'string', type: 'string' } as const;
const BOOL = { kind: 'bool' } as const;
const UINT32 = integer('uint32', 0n, 2n ** 32n - 1n);
const UINT16 = integer('uint16', 0n, 2n ** 16n - 1n);
const INT = integer('int', -(2n ** 63n), 2n ** 63n - 1n);
const OPTIONAL_UINT32: IntSchema = { ...UINT32, optional: true };

const REQUIREMENT = struct('selectorRequirements', {
  key: STRING,
  operator: STRING,
  values: listOf(STRING),
});

const SELECTOR = struct('nodeSelector', {
  'match-labels': { kind: 'map' },
  'match-expressions': listOf(REQUIREMENT),
});

const PEER = struct('peer', {
  'my-asn': UINT32,
  'peer-asn': UINT32,
  'peer-address': STRING,
  'source-address': STRING,
  'peer-port': UINT16,
  'hold-time': STRING,
  'keepalive-time': STRING,
  'router-id': STRING,
  'node-selectors': listOf(SELECTOR),
  password: STRING,
  'bfd-profile': STRING,
  'ebgp-multihop': BOOL,
});

const ADVERTISEMENT = struct('bgpAdvertisement', {
  'aggregation-length': { ...INT, optional: true },
  'aggregation-length-v6': { ...INT, optional: true },
  localpref: OPTIONAL_UINT32,
  communities: listOf(STRING),
});

const POOL = struct('addressPool', {
  name: STRING,
  protocol: { kind: 'string', type: 'config.Proto' },
  addresses: listOf(STRING),
  'auto-assign': { kind: 'bool', optional: true },
  'avoid-buggy-ips': BOOL,
  'bgp-advertisements': listOf(ADVERTISEMENT),
});

const PROFILE = struct('bfdProfile', {
  name: STRING,
  'receive-interval': OPTIONAL_UINT32,
  'transmit-interval': OPTIONAL_UINT32,
  'detect-multiplier': OPTIONAL_UINT32,
  'echo-interval': OPTIONAL_UINT32,
  'echo-mode': BOOL,
  'passive-mode': BOOL,
  'minimum-ttl': OPTIONAL_UINT32,
});

const CONFIG_FILE = struct('configFile', {
  peers: listOf(PEER),
  'bgp-communities': { kind: 'map' },
  'address-pools': listOf(POOL),
  'bfd-profiles': listOf(PROFILE),
});

function struct(type: string, fields: Record<string, Schema>): StructSchema {
  return { kind: 'struct', type: `config.${type}`, fields };
}

function listOf(of: ListSchema['of']): ListSchema {
  return { kind: 'list', of };
}

function integer(type: IntSchema['type'], min: bigint, max: bigint): IntSchema {
  return { kind: 'int', type, min, max };
}

function restrict(schema: StructSchema, compat: Compat): StructSchema {
  const fields = Object.entries(schema.fields)
    .filter(([key]) => atLeast(compat, keySince(schema, key) ?? 'v0.10'))
    .map(([key, field]): [string, Schema] => [key, restrictField(field, compat)]);
  return { ...schema, fields: Object.fromEntries(fields) };
}

function restrictField(field: Schema, compat: Compat): Schema {
  if (field.kind !== 'list' || field.of.kind !== 'struct') return field;
  return { ...field, of: restrict(field.of, compat) };
}
