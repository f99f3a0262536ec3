import type { ShellCommand, ShellOption, Values } from './shell-command.ts';

/** A script for `source` in bash, from 3.2 on, which macOS has. */
export function bashScript(program: ShellCommand): string {
  const { name, children } = program;
  const entry = `_${name.replaceAll('-', '_')}`;
  return `# Completion of ${name} for bash: source <(${name} completion bash)
${entry}() {
  local IFS=$'\\n' cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= i
  # "--option=value" comes as three words.
  if [[ $cur == "=" ]]; then
    cur=
  elif [[ $prev == "=" && COMP_CWORD -gt 2 ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${children.map((child) => child.name).join('|')})
        command=\${COMP_WORDS[i]}
        break
        ;;
    esac
  done
  case "$command:$prev" in
${children.flatMap((child) => child.options.map((option) => valueCase(child, option))).join('')}  esac
  case "$command:$cur" in
${[program, ...children].map((one) => optionCase(one, program)).join('')}${children.map(argumentCase).join('')}    :*) COMPREPLY=($(compgen -W ${words(children.map((child) => child.name))} -- "$cur")) ;;
  esac
}
complete -o filenames -F ${entry} ${name}
`;
}

function valueCase(command: ShellCommand, { short, long, takes }: ShellOption): string {
  if (takes === undefined) return '';
  const patterns = [short, long].flatMap((flag) =>
    flag === undefined ? [] : [`"${command.name}:${flag}"`],
  );
  return `    ${patterns.join('|')})\n      ${replies(takes)}\n      return\n      ;;\n`;
}

function optionCase(command: ShellCommand, program: ShellCommand): string {
  const flags = command.options.flatMap(({ short, long }) => [...(short ? [short] : []), long]);
  const pattern = command === program ? ':-*' : `${command.name}:-*`;
  return `    ${pattern}) COMPREPLY=($(compgen -W ${words(flags)} -- "$cur")) ;;\n`;
}

function argumentCase({ name, takes }: ShellCommand): string {
  return takes === undefined ? '' : `    ${name}:*) ${replies(takes)} ;;\n`;
}

function replies(values: Values): string {
  switch (values.kind) {
    case 'words':
      return `COMPREPLY=($(compgen -W ${words(values.words)} -- "$cur"))`;
    case 'file': {
      const other =
        values.words.length === 0 ? '' : `compgen -W ${words(values.words)} -- "$cur"; `;
      return `COMPREPLY=($(${other}compgen -f -- "$cur"))`;
    }
    case 'folder':
      return 'COMPREPLY=($(compgen -d -- "$cur"))';
    case 'text':
      return 'COMPREPLY=()';
    default:
      return values satisfies never;
  }
}

/** Separated as `IFS` says. */
function words(all: readonly string[]): string {
  return `$'${all.join('\\n')}'`;
}
