/** A command of a page, and what the page says it prints. */
export interface Step {
  readonly line: number;
  /** The machine whose prompt stands before it; `undefined`: the operator's own. */
  readonly machine: string | undefined;
  readonly command: string;
  readonly expected: readonly string[];
}

interface Fence {
  readonly line: number;
  readonly language: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly text: string;
}

export interface CommandBlock extends Fence {
  /** Why no test can run it. */
  readonly notRun: string | undefined;
  /** Whether its last command is to fail. */
  readonly fails: boolean;
  readonly steps: readonly Step[];
}

export interface FileBlock extends Fence {
  /** The name under which the reader saves it; `undefined`: it is only looked at. */
  readonly file: string | undefined;
}

/** What a page has for the one who walks through it, in its order. */
export type Part =
  /** From here on the cluster is to be in a certain state: `<!-- stage: NAME -->`, which readers do not see. */
  | { readonly kind: 'stage'; readonly line: number; readonly name: string }
  | ({ readonly kind: 'commands' } & CommandBlock)
  | ({ readonly kind: 'file' } & FileBlock)
  | ({ readonly kind: 'other' } & Fence);

export interface Link {
  readonly line: number;
  readonly target: string;
}

export interface Page {
  readonly parts: readonly Part[];
  readonly links: readonly Link[];
  /** What can be linked to, as the anchors that a forge makes of headings. */
  readonly anchors: ReadonlySet<string>;
  /** Everything between backquotes outside of blocks. */
  readonly quoted: readonly { readonly line: number; readonly text: string }[];
}

const FENCE = /^```(\S*)\s*(.*)$/;
const ATTRIBUTE = /([a-z-]+)(?:="([^"]*)")?/g;
const STAGE = /^<!-- stage: (.+) -->$/;
const PROMPT = /^(?:([a-z][a-z0-9]*))?\$ (.*)$/;
const HERE_DOCUMENT = /<<-?\s*['"]?([A-Za-z]+)['"]?/;

/** Takes a page of Markdown apart; a block that does not end, or begins without a command, is an error. */
export function parsePage(markdown: string): Page {
  const lines = markdown.split('\n');
  const parts: Part[] = [];
  const prose: { line: number; text: string }[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const text = lines[index] ?? '';
    const opening = FENCE.exec(text);
    const stage = STAGE.exec(text)?.[1];
    if (opening !== null) {
      const end = lines.indexOf('```', index + 1);
      if (end < 0) throw new Error(`line ${index + 1}: the block does not end`);
      const [, language = '', info = ''] = opening;
      const body = lines.slice(index + 1, end);
      parts.push(partOf({ line: index + 1, language, attributes: attributesOf(info) }, body));
      index = end;
    } else if (stage !== undefined) parts.push({ kind: 'stage', line: index + 1, name: stage });
    else prose.push({ line: index + 1, text });
  }
  return { parts, links: linksIn(prose), anchors: anchorsIn(prose), quoted: quotedIn(prose) };
}

function partOf(head: Omit<Fence, 'text'>, body: readonly string[]): Part {
  const fence = { ...head, text: `${body.join('\n')}\n` };
  const { attributes, language, line } = fence;
  if (language === 'yaml') return { kind: 'file', ...fence, file: attributes.get('file') };
  if (language !== 'console') return { kind: 'other', ...fence };
  const [notRun, fails] = [attributes.get('not-run'), attributes.has('fails')];
  return { kind: 'commands', ...fence, notRun, fails, steps: stepsIn(body, line) };
}

function attributesOf(info: string): ReadonlyMap<string, string> {
  return new Map(
    [...info.matchAll(ATTRIBUTE)].map(([, name = '', value = '']): [string, string] => [
      name,
      value,
    ]),
  );
}

function stepsIn(body: readonly string[], opening: number): Step[] {
  const steps: (Omit<Step, 'expected'> & { expected: string[] })[] = [];
  for (let index = 0; index < body.length; index += 1) {
    const line = opening + 1 + index;
    const prompt = PROMPT.exec(body[index] ?? '');
    if (prompt === null) {
      const step = steps.at(-1);
      if (step === undefined) throw new Error(`line ${line}: a block begins with a command`);
      step.expected.push(body[index] ?? '');
      continue;
    }
    const length = lengthOf(body.slice(index));
    const [, machine, first = ''] = prompt;
    const command = [first, ...body.slice(index + 1, index + length)].join('\n');
    steps.push({ line, machine, command, expected: [] });
    index += length - 1;
  }
  return steps;
}

/** How many lines a command takes: those that a backslash joins, and those of a here-document. */
function lengthOf(lines: readonly string[]): number {
  let length = 1;
  while (lines[length - 1]?.endsWith('\\') === true) length += 1;
  const end = HERE_DOCUMENT.exec(lines[0] ?? '')?.[1];
  return end === undefined ? length : Math.max(length, lines.indexOf(end) + 1);
}

function linksIn(prose: readonly { line: number; text: string }[]): Link[] {
  return prose.flatMap(({ line, text }) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ line, target })),
  );
}

function anchorsIn(prose: readonly { text: string }[]): ReadonlySet<string> {
  const headings = prose.flatMap(({ text }) => /^#+ (.+)$/.exec(text)?.[1] ?? []);
  return new Set(headings.map(anchorOf));
}

/** As GitHub and others make them: lower case, punctuation dropped, spaces to hyphens. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function quotedIn(prose: readonly { line: number; text: string }[]): Page['quoted'] {
  return prose.flatMap(({ line, text }) =>
    [...text.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => ({ line, text: quoted })),
  );
}
