import { CST, Lexer } from 'yaml';
import type { LineIndex } from '../yaml/source.ts';
import type { Node } from '../yaml/tree.ts';
import { type Landmark, landmarksOf } from './landmarks.ts';

/** What a person wrote beside the configuration, and the key or item that it is about. */
export interface SourceComment {
  /** Keys and indexes from the top; empty: the whole document. */
  readonly path: readonly (string | number)[];
  readonly place: 'above' | 'beside';
  /** Without the signs that make it a comment; lines that stand together are one. */
  readonly text: string;
}

interface Line {
  readonly offset: number;
  readonly line: number;
  /** Zero-based. */
  readonly column: number;
  readonly text: string;
  /** Nothing else is on its line. */
  readonly alone: boolean;
}

/**
 * The comments of a document, in its order. One on a line of its own is about what comes next, unless it is indented
 * deeper: then it ends what came before. One behind something is about the key or item that ends there or begins there.
 */
export function commentsOf(
  text: string,
  root: Node | undefined,
  lines: LineIndex,
): readonly SourceComment[] {
  if (!text.includes('#')) return [];
  const landmarks = landmarksOf(root, text, lines);
  const comments: SourceComment[] = [];
  let previous: { readonly line: Line; readonly path: string } | undefined;
  for (const line of commentLines(text, lines)) {
    const place = line.alone ? 'above' : 'beside';
    const path = line.alone ? pathAbove(line, landmarks) : pathBeside(line, landmarks);
    const key = JSON.stringify(path);
    const last = comments.at(-1);
    const joins = line.alone && previous?.path === key && previous.line.line === line.line - 1;
    if (joins && previous?.line.alone === true && last !== undefined) {
      comments[comments.length - 1] = { ...last, text: `${last.text}\n${line.text}` };
    } else comments.push({ path, place, text: line.text });
    previous = { line, path: key };
  }
  return comments.filter(({ text: words }) => words.trim() !== '');
}

/** Straight from the lexemes, as the syntax made of them takes a multiple of their room. */
function commentLines(text: string, lines: LineIndex): readonly Line[] {
  const found: Line[] = [];
  let offset = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (!isScalar && SIGNS.has(lexeme)) {
      isScalar = lexeme === CST.SCALAR;
      continue;
    }
    if (!isScalar && lexeme.startsWith('#')) found.push(lineOf(lexeme, offset, { text, lines }));
    isScalar = false;
    offset += lexeme.length;
  }
  return found;
}

/** Lexemes that stand for nothing in the text. */
const SIGNS: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

function lineOf(
  lexeme: string,
  offset: number,
  { text, lines }: { readonly text: string; readonly lines: LineIndex },
): Line {
  const { line, column } = lines.positionAt(offset);
  const before = text.slice(offset - column + 1, offset);
  const alone = /^[\s\ufeff]*$/.test(before);
  const words = lexeme.replace(/^#+ ?/, '').trimEnd();
  return { offset, line, column: column - 1, text: words, alone };
}

/** What ends on the line before the comment, whichever ends last; or what begins there. */
function pathBeside({ offset, line }: Line, landmarks: readonly Landmark[]): SourceComment['path'] {
  const at = lastBefore(offset, landmarks);
  const last = landmarks[at];
  let ended: Landmark | undefined;
  for (const landmark of backwards(landmarks, at)) {
    if (landmark.line !== line) break;
    if (landmark.end <= offset && (ended === undefined || landmark.end > ended.end)) {
      ended = landmark;
    }
  }
  return (ended ?? last)?.path ?? [];
}

function pathAbove(comment: Line, landmarks: readonly Landmark[]): SourceComment['path'] {
  const at = lastBefore(comment.offset, landmarks);
  const next = landmarks[at + 1];
  const previous = landmarks[at];
  if (previous === undefined) return [];
  if (next !== undefined && (isWithin(next, previous) || next.indent >= comment.column)) {
    return next.path;
  }
  for (const landmark of backwards(landmarks, at)) {
    if (landmark.indent <= comment.column) return landmark.path;
  }
  return previous.path;
}

function isWithin({ path }: Landmark, outer: Landmark): boolean {
  return path.length > outer.path.length && outer.path.every((step, depth) => path[depth] === step);
}

/** Index of the last one that begins before the offset; -1 for none. */
function lastBefore(offset: number, landmarks: readonly Landmark[]): number {
  let low = -1;
  let high = landmarks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((landmarks[middle]?.start ?? 0) < offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

function* backwards(landmarks: readonly Landmark[], from: number): Iterable<Landmark> {
  for (let at = from; at >= 0; at -= 1) {
    const landmark = landmarks[at];
    if (landmark !== undefined) yield landmark;
  }
}
