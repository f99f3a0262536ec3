/**
 * Shell completion, made from the command line itself: {@link describeCommand} takes it apart, one module per shell
 * writes the script. What follows an option is told by the word that its help has for it: `<path>`, `<folder>`.
 *
 * @packageDocumentation
 */
export { describeCommand } from './shell-command.ts';
export { bashScript } from './bash.ts';
export { fishScript } from './fish.ts';
export { zshScript } from './zsh.ts';
