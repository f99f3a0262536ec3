import type { Argument, Command, Option } from 'commander';

/** A command as completion sees it. */
export interface ShellCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly ShellOption[];
  /** What its arguments may be; absent where it has none. */
  readonly takes?: Values;
  readonly children: readonly ShellCommand[];
}

export interface ShellOption {
  readonly short?: string;
  readonly long: string;
  readonly description: string;
  /** Absent for an option without a value. */
  readonly takes?: Values;
}

/** What may stand in a place. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** A file; `words` stand for something else there. */
  | { readonly kind: 'file'; readonly words: readonly string[] }
  | { readonly kind: 'folder' }
  /** Nobody can guess it. */
  | { readonly kind: 'text' };

/** What a file may be besides, wherever a configuration is read. */
const PLACES: readonly string[] = ['cluster', '-'];

/** A command and its sub-commands, hidden ones left out. */
export function describeCommand(command: Command): ShellCommand {
  const help = command.createHelp();
  const takes = valuesOf(command.registeredArguments);
  return {
    name: command.name(),
    summary: command.summary() || command.description(),
    options: help.visibleOptions(command).map(describeOption),
    ...(takes !== undefined && { takes }),
    children: help
      .visibleCommands(command)
      .filter((child) => child.name() !== 'help')
      .map(describeCommand),
  };
}

function describeOption(option: Option): ShellOption {
  const { short, long, flags, description } = option;
  const takes = option.required || option.optional ? valueOf(option) : undefined;
  return {
    ...(short !== undefined && { short }),
    long: long ?? flags,
    description,
    ...(takes !== undefined && { takes }),
  };
}

function valueOf({ argChoices, flags }: Option): Values {
  if (argChoices !== undefined) return { kind: 'words', words: argChoices };
  const [, word = ''] = /[<[](.*)[>\]]/.exec(flags) ?? [];
  if (/folder|directory/i.test(word)) return { kind: 'folder' };
  if (/path|file/i.test(word)) return { kind: 'file', words: [] };
  return { kind: 'text' };
}

function valuesOf([first]: readonly Argument[]): Values | undefined {
  if (first === undefined) return undefined;
  if (first.argChoices !== undefined) return { kind: 'words', words: first.argChoices };
  return { kind: 'file', words: PLACES };
}
