import type { ErrorCode } from 'yaml';
import { YamlFault } from './fault.ts';
import { LineIndex } from './source.ts';

/** An error as the `yaml` package reports it. */
export interface ParseError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** How libyaml words a fault; its parser counts lines from zero where its scanner counts from one. */
interface Wording {
  readonly text: string;
  readonly from: 'scanner' | 'parser';
}

const scanner = (text: string): Wording => ({ text, from: 'scanner' });
const parser = (text: string): Wording => ({ text, from: 'parser' });

const NOT_ALLOWED = scanner('mapping values are not allowed in this context');
const NO_TOKEN = scanner('found character that cannot start any token');
const NO_KEY = parser('did not find expected key');
const NO_DASH = parser("did not find expected '-' indicator");
const NO_CONTENT = parser('did not find expected node content');
const NO_COLON = scanner("could not find expected ':'");

const WORDINGS: Partial<Record<ErrorCode, Wording>> = {
  ALIAS_PROPS: NO_KEY,
  BAD_ALIAS: scanner('did not find expected alphabetic or numeric character'),
  BAD_DIRECTIVE: scanner('found unknown directive name'),
  BAD_DQ_ESCAPE: scanner('found unknown escape character'),
  BAD_PROP_ORDER: NO_CONTENT,
  BAD_SCALAR_START: NO_TOKEN,
  BLOCK_IN_FLOW: NO_CONTENT,
  KEY_OVER_1024_CHARS: NO_COLON,
  RESOURCE_EXHAUSTION: parser('exceeded max depth of 10000'),
  TAB_AS_INDENT: NO_TOKEN,
};

/** Finer than the code alone: fragments of the package's messages, the first that fits. */
const FRAGMENTS: readonly (readonly [RegExp, Wording])[] = [
  [
    /Missing closing|ended without|end of (?:stream|document)/i,
    scanner('found unexpected end of stream'),
  ],
  [/flow sequence/i, parser("did not find expected ',' or ']'")],
  [/flow map/i, parser("did not find expected ',' or '}'")],
  [/node end|Unexpected scalar/, NO_KEY],
];

/**
 * The first fault of the syntax as yaml.v2 would report it, as nearly as the two parsers see it alike.
 *
 * @param all - every error of the document: some tell more about the one at hand.
 */
export function asSyntaxFault(
  error: ParseError,
  all: readonly ParseError[],
  text: string,
): YamlFault {
  const [begin, end] = error.pos;
  const start = begin + (/^ */.exec(text.slice(begin, begin + 200))?.[0].length ?? 0);
  const lines = new LineIndex(text);
  const at = (wording: Wording, offset: number): YamlFault =>
    fault(wording, { start: offset, end: Math.max(offset, end) }, lines);
  if (error.message.includes('followed by map values')) {
    return fault(NO_COLON, { start, end }, lines, nextToken(text, end));
  }
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY' || error.code === 'MULTILINE_IMPLICIT_KEY') {
    const multiline = all.find(
      ({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === begin,
    );
    const sibling = error.code === 'MULTILINE_IMPLICIT_KEY' && startsLine(text, start);
    return at(sibling ? NO_COLON : NOT_ALLOWED, multiline?.pos[1] ?? start);
  }
  const wording = wordingOf(error);
  return at(wording === NO_KEY && dashStandsAbove(text, start) ? NO_DASH : wording, start);
}

function wordingOf(error: ParseError): Wording {
  const fragment = FRAGMENTS.find(([pattern]) => pattern.test(error.message))?.[1];
  if (fragment !== undefined) return fragment;
  return (isMisplacedItem(error) ? NO_KEY : WORDINGS[error.code]) ?? NO_CONTENT;
}

function isMisplacedItem({ code, message }: ParseError): boolean {
  return code === 'BAD_INDENT' || message.includes('Sequence item without');
}

/** Where the next token begins, comments and empty lines left out: there libyaml misses the colon. */
function nextToken(text: string, offset: number): number {
  const skipped = /^[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*/.exec(text.slice(offset))?.[0] ?? '';
  return skipped === '' ? text.length : offset + skipped.length;
}

function startsLine(text: string, offset: number): boolean {
  return /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, offset - 200), offset));
}

/** Whether the line stands where the dash of an indented sequence before it stands. */
function dashStandsAbove(text: string, offset: number): boolean {
  const begin = text.lastIndexOf('\n', offset - 1) + 1;
  const indent = /^ */.exec(text.slice(begin, begin + 200))?.[0] ?? '';
  const dash = text.lastIndexOf(`\n${indent}- `, begin);
  return indent !== '' && dash >= 0;
}

/** A value that begins a block mapping on the line of its own key. */
export function mappingNotAllowed(offset: number, lines: LineIndex): YamlFault {
  return fault(NOT_ALLOWED, { start: offset, end: offset }, lines);
}

/** A colon with nothing before it, on the line of the value before it or on one of its own. */
export function missingKey(
  offset: number,
  previous: number | undefined,
  lines: LineIndex,
): YamlFault {
  const { line } = lines.positionAt(offset);
  const sameLine = previous !== undefined && lines.positionAt(previous).line === line;
  const wording = sameLine ? NOT_ALLOWED : NO_KEY;
  return fault(wording, { start: offset, end: offset }, lines);
}

/** @param noticed - where the original notices, if not where the fault is. */
function fault(
  { text, from }: Wording,
  span: { start: number; end: number },
  lines: LineIndex,
  noticed: number = span.start,
): YamlFault {
  const { line } = lines.positionAt(noticed);
  const counted = from === 'scanner' ? line : line - 1;
  // Go leaves the number out when its zero-based line is zero.
  const where = line === 1 ? '' : `line ${counted}: `;
  return new YamlFault('yaml-syntax', `${where}${text}`, span);
}
