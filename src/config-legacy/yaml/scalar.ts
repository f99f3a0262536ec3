import { LONG_TAG_PREFIX, type ScalarNode, shortTag } from './tree.ts';
import { YamlFault } from './fault.ts';

/** What a scalar means by YAML 1.1 as yaml.v2 reads it, before a field's type has a say. legacy.md §1.3 */
export type Resolved =
  | { readonly type: 'null' }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'str' | 'timestamp' | 'binary' | 'other'; readonly value: string };

type Words = ReadonlyMap<string, Resolved>;

const RESOLVABLE = new Set(['', 'str', 'bool', 'int', 'float', 'null', 'timestamp']);
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;
const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const LEADING_POINT = /^\.\d+([eE][-+]?\d+)?$/;
const DATE =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)| \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?$/;

const WORDS = wordsOfYaml11();

/** Resolves a scalar; an explicit tag that the text cannot satisfy throws {@link YamlFault}. */
export function resolveScalar(node: ScalarNode): Resolved {
  if (node.tag === '' && !node.implicit) return { type: 'str', value: node.value };
  const tag = node.tag.startsWith(LONG_TAG_PREFIX)
    ? node.tag.slice(LONG_TAG_PREFIX.length)
    : node.tag;
  if (tag === 'binary') return { type: 'binary', value: decodeBase64(node) };
  if (!RESOLVABLE.has(tag)) return { type: 'other', value: node.value };
  if (tag === 'str') return { type: 'str', value: node.value };
  const resolved = resolvePlain(node.value, tag === '' || tag === 'timestamp');
  if (tag === '' || tag === resolved.type) return resolved;
  if (tag === 'float' && resolved.type === 'int') {
    return { type: 'float', value: Number(resolved.value) };
  }
  throw new YamlFault(
    'yaml-type',
    `cannot decode !!${resolved.type} \`${node.value}\` as a ${shortTag(node.tag)}`,
    node,
  );
}

/** The tag that an error message names. */
export function tagOf(node: ScalarNode, resolved: Resolved): string {
  return node.tag === '' ? `!!${resolved.type}` : shortTag(node.tag);
}

function resolvePlain(text: string, datesToo: boolean): Resolved {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (text.startsWith('.') && LEADING_POINT.test(text)) return asFloat(text, text);
  if (!/^[-+\d]/.test(text)) return { type: 'str', value: text };
  if (datesToo && isTimestamp(text)) return { type: 'timestamp', value: text };
  const digits = text.replaceAll('_', '');
  const integer = asInteger(digits);
  if (integer !== undefined) return { type: 'int', value: integer };
  return FLOAT.test(digits) ? asFloat(digits, text) : { type: 'str', value: text };
}

/** Go's `strconv.ParseInt` with base 0, then `ParseUint`: a leading zero is octal, and 64 bits are the limit. */
function asInteger(digits: string): bigint | undefined {
  const match = /^([-+]?)(?:(0x[\da-f]+|0b[01]+|0|[1-9]\d*)|0o?([0-7]+))$/i.exec(digits);
  if (match === null || digits.length > 80) return undefined;
  const [, sign = '', prefixed, octal] = match;
  const magnitude = BigInt(prefixed ?? `0o${octal ?? '0'}`);
  if (sign === '-') return -magnitude >= INT64_MIN ? -magnitude : undefined;
  const limit = sign === '+' ? -INT64_MIN - 1n : UINT64_MAX;
  return magnitude <= limit ? magnitude : undefined;
}

function asFloat(digits: string, text: string): Resolved {
  const value = Number(digits);
  return Number.isFinite(value) ? { type: 'float', value } : { type: 'str', value: text };
}

function isTimestamp(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function decodeBase64(node: ScalarNode): string {
  const text = node.value.replaceAll(/[\r\n]/g, '');
  if (text.length % 4 !== 0 || !/^[A-Za-z\d+/]*={0,2}$/.test(text)) {
    throw new YamlFault('yaml-type', '!!binary value contains invalid base64 data', node);
  }
  return Buffer.from(text, 'base64').toString('utf8');
}

function wordsOfYaml11(): Words {
  const words = new Map<string, Resolved>();
  const add = (spellings: string, resolved: Resolved) =>
    spellings.split(' ').forEach((spelling) => words.set(spelling, resolved));
  add('y Y yes Yes YES true True TRUE on On ON', { type: 'bool', value: true });
  add('n N no No NO false False FALSE off Off OFF', { type: 'bool', value: false });
  add('~ null Null NULL', { type: 'null' });
  words.set('', { type: 'null' });
  add('.nan .NaN .NAN', { type: 'float', value: Number.NaN });
  add('.inf .Inf .INF +.inf +.Inf +.INF', { type: 'float', value: Number.POSITIVE_INFINITY });
  add('-.inf -.Inf -.INF', { type: 'float', value: Number.NEGATIVE_INFINITY });
  return words;
}
