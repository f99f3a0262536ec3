import type { ShellCommand, ShellOption, Values } from './shell-command.ts';

/** A script for `source` in fish, from 3.0 on, or for its folder of completions. */
export function fishScript(program: ShellCommand): string {
  const { name, children, options } = program;
  const names = children.map((child) => child.name).join(' ');
  const nothingYet = `not __fish_seen_subcommand_from ${names}`;
  const lines = [
    `# Completion of ${name} for fish: ${name} completion fish | source`,
    `complete -c ${name} -f`,
    ...options.map((option) => `complete -c ${name} -n ${quote(nothingYet)}${flags(option)}`),
    ...children.flatMap((child) => [
      `complete -c ${name} -n ${quote(nothingYet)} -a ${child.name} -d ${quote(child.summary)}`,
      ...ofCommand(name, child),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function ofCommand(program: string, { name, options, takes }: ShellCommand): readonly string[] {
  const after = `complete -c ${program} -n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
  const rest = takes === undefined ? [] : [`${after}${values(takes)}`];
  return [...options.map((option) => `${after}${flags(option)}`), ...rest];
}

function flags({ short, long, description, takes }: ShellOption): string {
  const names = [
    ...(short === undefined ? [] : [`-s ${short.replace('-', '')}`]),
    `-l ${long.replace('--', '')}`,
  ];
  const value = takes === undefined ? '' : ` -r${values(takes)}`;
  return ` ${names.join(' ')}${value} -d ${quote(description)}`;
}

function values(takes: Values): string {
  switch (takes.kind) {
    case 'words':
      return ` -f -a ${quote(takes.words.join(' '))}`;
    case 'file':
      return takes.words.length === 0 ? ' -F' : ` -F -a ${quote(takes.words.join(' '))}`;
    case 'folder':
      return " -f -a '(__fish_complete_directories)'";
    case 'text':
      return ' -f';
    default:
      return takes satisfies never;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
