import type { ShellCommand, ShellOption, Values } from './shell-command.ts';

/** A script for a folder of zsh's `fpath`, under the name `_metal-migrate`, or for `source` after `compinit`. */
export function zshScript(program: ShellCommand): string {
  const { name, children, options } = program;
  const entry = `_${name.replaceAll('-', '_')}`;
  const described = children.map((child) => quote(`${child.name}:${child.summary}`));
  return `#compdef ${name}
# Completion of ${name} for zsh: source <(${name} completion zsh)
${entry}_places() {
  _alternative 'places:place:(cluster -)' 'files:file:_files'
}
${entry}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C ${options.map(specification).join(' ')} '1:sub-command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a commands=(
        ${described.join('\n        ')}
      )
      _describe sub-command commands
      ;;
    argument)
      case $words[1] in
${children.map((child) => commandCase(child, entry)).join('')}      esac
      ;;
  esac
}
if [[ $funcstack[1] == ${entry} ]]; then ${entry} "$@"; else compdef ${entry} ${name}; fi
`;
}

function commandCase({ name, options, takes }: ShellCommand, entry: string): string {
  const rest = takes === undefined ? [] : [`'*:argument:${action(takes, entry)}'`];
  const specifications = [...options.map(specification), ...rest];
  return `        ${name})\n          _arguments ${specifications.join(' \\\n            ')}\n          ;;\n`;
}

function specification({ short, long, description, takes }: ShellOption): string {
  const told = `[${description.replaceAll(/[[\]\\:]/g, String.raw`\$&`)}]`;
  const value = takes === undefined ? '' : `:${long.replace(/^--/, '')}:${action(takes, '')}`;
  const assigned = takes === undefined ? '' : '=';
  if (short === undefined) return quote(`${long}${assigned}${told}${value}`);
  const joined = takes === undefined ? '' : '+';
  return `'(${short} ${long})'{${short}${joined},${long}${assigned}}${quote(`${told}${value}`)}`;
}

function action(values: Values, entry: string): string {
  switch (values.kind) {
    case 'words':
      return `(${values.words.join(' ')})`;
    case 'file':
      return values.words.length > 0 ? `${entry}_places` : '_files';
    case 'folder':
      return '_files -/';
    case 'text':
      return ' ';
    default:
      return values satisfies never;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
