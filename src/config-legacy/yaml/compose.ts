import { Composer, type Document, Parser } from 'yaml';
import { YamlFault } from './fault.ts';
import { LineIndex } from './source.ts';
import { asSyntaxFault } from './syntax.ts';
import type { Node } from './tree.ts';
import { TreeBuilder } from './tree-builder.ts';

/** The largest text that is read, in UTF-16 code units: four times what a ConfigMap can hold. */
export const MAX_TEXT_LENGTH: number = 4 * 1024 * 1024;

/** The control characters that libyaml's reader refuses. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]/;
const MARK = '\ufeff';

/**
 * Reads the first document of a text as yaml.v2 does; `undefined` for a document with nothing in it.
 * Later documents are not looked at. Spans count from the start of the text.
 *
 * @throws YamlFault for what yaml.v2 calls a syntax error, or a text that is too long.
 */
export function composeFirstDocument(text: string): Node | undefined {
  if (text.length > MAX_TEXT_LENGTH) {
    const message = `the text is longer than ${MAX_TEXT_LENGTH} characters`;
    throw new YamlFault('yaml-syntax', message, { start: 0, end: 0 });
  }
  const document = firstDocument(text);
  const lines = new LineIndex(text);
  const refused = firstControlCharacter(text, document?.range[1] ?? text.length);
  if (refused !== undefined) throw refused;
  if (document === undefined) return undefined;
  const [error] = document.errors;
  if (error !== undefined) throw asSyntaxFault(error, lines);
  return document.contents === null ? undefined : new TreeBuilder(text, lines).build(document);
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
        ? buildOrFault(text, lines, document as Document.Parsed)
        : asSyntaxFault(error, lines),
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

/** Feeds the composer no further than the first document, so that nothing after it can disturb. */
function firstDocument(text: string): Document.Parsed | undefined {
  const composer = new Composer(OPTIONS);
  const documents: Document.Parsed[] = [];
  for (const token of new Parser().parse(text)) {
    if (token.type === 'doc-end') break;
    if (token.type === 'directive') refuseOtherVersions(token.source, token.offset);
    documents.push(...(composer.next(token) as Iterable<Document.Parsed>));
    if (token.type === 'document') break;
  }
  documents.push(...(composer.end() as Iterable<Document.Parsed>));
  return documents[0];
}

function refuseOtherVersions(directive: string, start: number): void {
  const [, version] = /^%YAML\s+(\S+)/.exec(directive) ?? [];
  if (version === undefined || version === '1.1') return;
  const span = { start, end: start + directive.length };
  throw new YamlFault('yaml-syntax', 'found incompatible YAML document', span);
}

function firstControlCharacter(text: string, end: number): YamlFault | undefined {
  const from = text.startsWith(MARK) ? 1 : 0;
  const index = text.slice(from, end).search(CONTROL);
  if (index < 0) return undefined;
  const start = from + index;
  return new YamlFault('yaml-syntax', 'control characters are not allowed', {
    start,
    end: start + 1,
  });
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
