import type { Command } from 'commander';
import type { ExitCode, Terminal } from './terminal.ts';

/** Makes a sub-command that says through `settle` what to exit with. */
export type MakeCommand = (terminal: Terminal, settle: (code: ExitCode) => void) => Command;

/** A sub-command that is loaded once it is asked for: what the others need costs no start-up time. */
export interface SubCommand {
  readonly name: string;
  /** What the list of sub-commands says. */
  readonly summary: string;
  readonly load: () => Promise<MakeCommand>;
}

/** product.md §4, in the order in which people use them. */
export const SUB_COMMANDS: readonly SubCommand[] = [
  {
    name: 'validate',
    summary: 'check configurations, each alone',
    load: async () => (await import('./commands/validate.ts')).validateCommand,
  },
  {
    name: 'convert',
    summary: 'convert a ConfigMap into v0.13 resources that mean the same, and back',
    load: async () => (await import('./commands/convert.ts')).convertCommand,
  },
  {
    name: 'diff',
    summary: 'say whether two configurations mean the same',
    load: async () => (await import('./commands/diff.ts')).diffCommand,
  },
  {
    name: 'plan',
    summary: 'say what a configuration would do to every Service of the cluster',
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  {
    name: 'apply',
    summary: 'put the resources into force, or change nothing',
    load: async () => (await import('./commands/apply.ts')).applyCommand,
  },
  {
    name: 'verify',
    summary: 'say whether the cluster is as apply left it',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'rollback',
    summary: 'restore what apply recorded',
    load: async () => (await import('./commands/rollback.ts')).rollbackCommand,
  },
  {
    name: 'completion',
    summary: 'print a script that completes command lines',
    load: async () => (await import('./commands/completion.ts')).completionCommand,
  },
];
