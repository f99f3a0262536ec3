import { Command, Option } from 'commander';
import { type GoValue, parseGoBool, parseGoInt } from './go-values.ts';

/** One flag of a program; `value` is its default, an environment variable already taken into account. */
export type Flag = {
  readonly name: string;
  readonly meaning: string;
} & (
  | { readonly type: 'string'; readonly value: string; readonly choices?: readonly string[] }
  /** Never shown, not even as a default. */
  | { readonly type: 'secret'; readonly value: string }
  | { readonly type: 'int'; readonly value: number; readonly choices?: readonly number[] }
  | { readonly type: 'bool'; readonly value: boolean }
);

/** The values of all flags, by name. */
export type FlagValues = Readonly<Record<string, string | number | boolean>>;

export type ParsedFlags =
  | { readonly kind: 'flags'; readonly values: FlagValues }
  | { readonly kind: 'exit'; readonly code: 0 | 2; readonly stderr: string };

/**
 * Reads a command line as Go's `flag` package does: `-name value`, `-name=value`, two dashes the same, flags end
 * at the first word that is none or after `--`; what follows is ignored, as the original ignores it. legacy.md §2
 *
 * A mistake gives Go's message and the usage, exit code 2; `-h` and `-help` the usage, exit code 0.
 */
export function parseFlags(
  program: string,
  table: readonly Flag[],
  argv: readonly string[],
): ParsedFlags {
  const words = normalizeWords(table, argv);
  if (words.kind === 'help') return { kind: 'exit', code: 0, stderr: usageOf(program, table) };
  if (words.kind === 'mistake') {
    return { kind: 'exit', code: 2, stderr: `${words.message}\n${usageOf(program, table)}` };
  }
  const command = new Command(program).exitOverride().helpOption(false);
  for (const flag of table) command.addOption(optionFor(flag));
  const options = command.parse(words.words, { from: 'user' });
  const values = table.map(({ name }): [string, unknown] => [
    name,
    options.getOptionValue(attributeOf(name)),
  ]);
  return { kind: 'flags', values: Object.fromEntries(values) as FlagValues };
}

type Words =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly message: string };

/** Go's spellings as the one that commander knows: `--name=value`, values checked. */
function normalizeWords(table: readonly Flag[], argv: readonly string[]): Words {
  const words: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); isFlag(word); word = rest.shift()) {
    const match = /^--?([^-=][^=]*)(?:=([^]*))?$/.exec(word);
    if (match === null) return mistake(`bad flag syntax: ${word}`);
    const [, name = '', given] = match;
    const flag = table.find((known) => known.name === name);
    if (flag === undefined) return unknown(name);
    const text = given ?? (flag.type === 'bool' ? 'true' : rest.shift());
    if (text === undefined) return mistake(`flag needs an argument: -${name}`);
    const why = objectionTo(flag, text);
    if (why !== undefined) return mistake(rejection(flag, text, why));
    words.push(`--${name}=${text}`);
  }
  return { kind: 'words', words };
}

/** A lone dash is no flag, and two end them. */
function isFlag(word: string | undefined): word is string {
  return word !== undefined && word.length > 1 && word.startsWith('-') && word !== '--';
}

function unknown(name: string): Words {
  if (name === 'help' || name === 'h') return { kind: 'help' };
  return mistake(`flag provided but not defined: -${name}`);
}

function mistake(message: string): Words {
  return { kind: 'mistake', message };
}

function objectionTo(flag: Flag, text: string): string | undefined {
  const value = valueOf(flag, text);
  if (value.kind === 'invalid') return value.why;
  if (!('choices' in flag)) return undefined;
  const { choices } = flag;
  if ((choices as readonly unknown[]).includes(value.value)) return undefined;
  return `want ${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;
}

function rejection({ name, type }: Flag, text: string, why: string): string {
  const kind = type === 'bool' ? 'boolean value' : 'value';
  const preposition = type === 'bool' ? 'for' : 'for flag';
  return `invalid ${kind} ${JSON.stringify(text)} ${preposition} -${name}: ${why}`;
}

function valueOf(flag: Flag, text: string): GoValue<string | number | boolean> {
  if (flag.type === 'int') return parseGoInt(text);
  if (flag.type === 'bool') return parseGoBool(text);
  return { kind: 'value', value: text };
}

function optionFor(flag: Flag): Option {
  return new Option(`--${flag.name} <value>`).default(flag.value).argParser((text) => {
    const value = valueOf(flag, text);
    return value.kind === 'value' ? value.value : flag.value;
  });
}

/** What commander calls the option's value. */
function attributeOf(name: string): string {
  return new Option(`--${name} <value>`).attributeName();
}

/** As Go prints it: flags by name, the default unless it is the zero value. */
function usageOf(program: string, table: readonly Flag[]): string {
  const sorted = table.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return `Usage of ${program}:\n${sorted.map(describeFlag).join('')}`;
}

function describeFlag(flag: Flag): string {
  const { name, type, meaning } = flag;
  const operand = type === 'bool' ? '' : ` ${type === 'int' ? 'int' : 'string'}`;
  const shown = type === 'secret' || !flag.value ? '' : ` (default ${shownDefault(flag)})`;
  return `  -${name}${operand}\n    \t${meaning}${shown}\n`;
}

function shownDefault({ value }: Flag): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
