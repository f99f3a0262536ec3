import { Composer, type Document, Parser, isCollection, isScalar } from 'yaml';
import { YamlFault } from './fault.ts';
import { LineIndex } from './source.ts';
import { asSyntaxFault } from './syntax.ts';
import type { Node } from './tree.ts';
import { TreeBuilder } from './tree-builder.ts';

/** The largest text that is read, in UTF-16 code units: four times what a ConfigMap can hold. */
const MAX_TEXT_LENGTH: number = 4 * 1024 * 1024;

/** The control characters that libyaml's reader refuses. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;
const DOCUMENT_MARKER = /^(?:---|\.\.\.)(?![^ \t\r\n])/gm;
const NOTHING_YET = /^\ufeff?(?:[ \t]*(?:#[^\n]*)?\r?\n|%[^\n]*\n)*$/;

/** Every line break of YAML 1.1 as a line feed, so that lines count as libyaml counts them; no offset moves. */
export function withPlainBreaks(text: string): string {
  return text.replaceAll(/\r(?!\n)|[\u0085\u2028\u2029]/g, '\n');
}

/**
 * Reads the first document of a text as yaml.v2 does; `undefined` for a document with nothing in it.
 * Later documents are not looked at. Spans count from the start of the text.
 *
 * @param text - with the breaks of {@link withPlainBreaks}
 * @throws YamlFault for what yaml.v2 calls a syntax error, or a text that is too long.
 */
export function composeFirstDocument(text: string): Node | undefined {
  if (text.length > MAX_TEXT_LENGTH) {
    const message = `the text is longer than ${MAX_TEXT_LENGTH} characters`;
    throw new YamlFault('yaml-syntax', message, { start: 0, end: 0 });
  }
  const first = firstDocumentOf(text);
  refuseControlCharacters(first);
  try {
    return compose(first);
  } catch (error) {
    const above = error instanceof YamlFault ? aboveDedent(first) : undefined;
    if (above === undefined) throw error;
    return composeInstead(above, error);
  }
}

/** Every document of a text that has no syntax error before it; spans count from the start of the text. */
export function composeEveryDocument(text: string): (Node | YamlFault | undefined)[] {
  const lines = new LineIndex(text);
  const composer = new Composer(OPTIONS);
  const found: (Node | YamlFault | undefined)[] = [];
  for (const document of composer.compose(new Parser().parse(text))) {
    const [error] = document.errors;
    found.push(
      error === undefined
        ? buildOrFault(text, lines, document)
        : asSyntaxFault(error, document.errors, text),
    );
  }
  return found;
}

const OPTIONS = {
  schema: 'failsafe',
  version: '1.1',
  uniqueKeys: false,
  merge: false,
  logLevel: 'silent',
  prettyErrors: false,
} as const;

/** The text up to the marker that ends its first document. */
export function firstDocumentOf(text: string): string {
  let begun = false;
  for (const { 0: marker, index } of text.matchAll(DOCUMENT_MARKER)) {
    if (begun || marker === '...' || !NOTHING_YET.test(text.slice(0, index))) {
      return text.slice(0, index);
    }
    begun = true;
  }
  return text;
}

function compose(text: string): Node | undefined {
  const composer = new Composer(OPTIONS);
  const documents: Document.Parsed[] = [];
  for (const token of new Parser().parse(text)) {
    if (token.type === 'directive') refuseOtherDirectives(token.source, token.offset);
    documents.push(...(composer.next(token) as Iterable<Document.Parsed>));
  }
  documents.push(...(composer.end() as Iterable<Document.Parsed>));
  const [document] = documents;
  if (document === undefined) return undefined;
  const lines = new LineIndex(text);
  const error = document.errors.find(({ pos: [start] }) => start < endOfRoot(document));
  if (error !== undefined) throw asSyntaxFault(error, document.errors, text);
  return new TreeBuilder(text, lines).build(document);
}

/** libyaml reads no further than the bracket or quote that closes the root. */
function endOfRoot({ contents }: Document.Parsed): number {
  const quoted = isScalar(contents) && contents.type?.startsWith('QUOTE') === true;
  return quoted || (isCollection(contents) && contents.flow === true)
    ? contents.range[1]
    : Number.POSITIVE_INFINITY;
}

/** A line to the left of where the root began ends the document for libyaml: what comes before it. */
function aboveDedent(text: string): string | undefined {
  const [, indent = ''] = /^( *)[^ \t\r\n#%]/m.exec(text) ?? [];
  if (indent === '') return undefined;
  const begin = text.search(/^ *[^ \t\r\n#%]/m);
  const dedent = new RegExp(`^ {0,${indent.length - 1}}[^ #\\r\\n]`, 'm').exec(text.slice(begin));
  return dedent === null ? undefined : text.slice(0, begin + dedent.index);
}

function composeInstead(text: string, first: unknown): Node | undefined {
  try {
    return compose(text);
  } catch (error) {
    if (error instanceof YamlFault) throw first;
    throw error;
  }
}

function refuseOtherDirectives(directive: string, start: number): void {
  const span = { start, end: start + directive.length };
  if (!/^%(?:YAML|TAG)[ \t]/.test(directive)) {
    throw new YamlFault('yaml-syntax', 'found unknown directive name', span);
  }
  const [, version] = /^%YAML\s+(\S+)/.exec(directive) ?? [];
  if (version === undefined || version === '1.1') return;
  throw new YamlFault('yaml-syntax', 'found incompatible YAML document', span);
}

function refuseControlCharacters(text: string): void {
  const start = text.search(CONTROL);
  if (start < 0) return;
  const span = { start, end: start + 1 };
  throw new YamlFault('yaml-syntax', 'control characters are not allowed', span);
}

function buildOrFault(
  text: string,
  lines: LineIndex,
  document: Document.Parsed,
): Node | YamlFault | undefined {
  try {
    return document.contents === null ? undefined : new TreeBuilder(text, lines).build(document);
  } catch (error) {
    if (error instanceof YamlFault) return error;
    throw error;
  }
}
