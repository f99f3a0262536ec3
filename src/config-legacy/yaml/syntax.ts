import type { ErrorCode, YAMLParseError } from 'yaml';
import { YamlFault } from './fault.ts';
import type { LineIndex } from './source.ts';

/** How libyaml words a fault; its parser counts lines from zero where its scanner counts from one. */
interface Wording {
  readonly text: string;
  readonly from: 'scanner' | 'parser';
}

const scanner = (text: string): Wording => ({ text, from: 'scanner' });
const parser = (text: string): Wording => ({ text, from: 'parser' });

const NOT_ALLOWED = scanner('mapping values are not allowed in this context');
const NO_TOKEN = scanner('found character that cannot start any token');
const NO_COLON = scanner("could not find expected ':'");

const WORDINGS: Partial<Record<ErrorCode, Wording>> = {
  ALIAS_PROPS: parser('did not find expected key'),
  BAD_ALIAS: scanner('did not find expected alphabetic or numeric character'),
  BAD_DIRECTIVE: scanner('found unknown directive name'),
  BAD_DQ_ESCAPE: scanner('found unknown escape character'),
  BAD_INDENT: parser('did not find expected key'),
  BAD_PROP_ORDER: parser('did not find expected node content'),
  BAD_SCALAR_START: NO_TOKEN,
  BLOCK_AS_IMPLICIT_KEY: NOT_ALLOWED,
  BLOCK_IN_FLOW: parser('did not find expected node content'),
  KEY_OVER_1024_CHARS: NO_COLON,
  MULTILINE_IMPLICIT_KEY: NOT_ALLOWED,
  RESOURCE_EXHAUSTION: parser('exceeded max depth of 10000'),
  TAB_AS_INDENT: NO_TOKEN,
};

/** Finer than the code alone: fragments of the package's messages, the first that fits. */
const FRAGMENTS: readonly (readonly [RegExp, Wording])[] = [
  [
    /Missing closing|ended without|end of (?:stream|document)/i,
    scanner('found unexpected end of stream'),
  ],
  [/followed by map values/, NO_COLON],
  [/flow sequence.*\]|between flow sequence/, parser("did not find expected ',' or ']'")],
  [/flow map.*\}|between flow map/, parser("did not find expected ',' or '}'")],
  [
    /sequence items must start|Sequence item without/,
    parser("did not find expected '-' indicator"),
  ],
  [/mapping items must start/, parser('did not find expected key')],
  [/node end|Unexpected scalar/, parser('did not find expected key')],
];

/** A fault of the syntax as yaml.v2 would report it, as nearly as the two parsers see it alike. */
export function asSyntaxFault(error: YAMLParseError, lines: LineIndex): YamlFault {
  const [start, end] = error.pos;
  const wording =
    FRAGMENTS.find(([fragment]) => fragment.test(error.message))?.[1] ??
    WORDINGS[error.code] ??
    parser('did not find expected node content');
  return fault(wording, { start, end }, lines);
}

/** A value that begins a block mapping on the line of its own key. */
export function mappingNotAllowed(offset: number, lines: LineIndex): YamlFault {
  return fault(NOT_ALLOWED, { start: offset, end: offset }, lines);
}

function fault(
  { text, from }: Wording,
  span: { start: number; end: number },
  lines: LineIndex,
): YamlFault {
  const { line } = lines.positionAt(span.start);
  const counted = from === 'scanner' ? line : line - 1;
  // Go leaves the number out when its zero-based line is zero.
  const where = line === 1 ? '' : `line ${counted}: `;
  return new YamlFault('yaml-syntax', `${where}${text}`, span);
}
