import { readFileSync } from 'node:fs';
import type { Cluster } from '../../cluster/index.ts';
import { STAGES, type StageName } from '../agreed.ts';
import { type Part, parsePage } from '../page.ts';
import type { Undo } from './objects.ts';
import { type Shell } from './shell.ts';
import { SET_UP } from './stages.ts';

/** A stage of a page and everything up to the next. */
export interface Scene {
  readonly name: string;
  readonly play: (cluster: Cluster, shell: Shell) => Promise<void>;
}

/** The scenes of a page, in order; what comes before its first stage has nothing to run. */
export function scenesOf(file: string): readonly Scene[] {
  const { parts } = parsePage(readFileSync(file, 'utf8'));
  const stages = parts.flatMap((part, index) => (part.kind === 'stage' ? [{ part, index }] : []));
  return stages.map(({ part, index }, number) => {
    const rest = parts.slice(index + 1, stages[number + 1]?.index);
    return {
      name: `${file}:${part.line} ${part.name}`,
      play: async (cluster, shell) => await play(stageNamed(part.name), rest, { cluster, shell }),
    };
  });
}

async function play(
  stage: StageName,
  parts: readonly Part[],
  { cluster, shell }: { readonly cluster: Cluster; readonly shell: Shell },
): Promise<void> {
  const undo: Undo = await SET_UP[stage](cluster);
  try {
    for (const part of parts) await perform(part, shell);
  } finally {
    await undo();
  }
}

async function perform(part: Part, shell: Shell): Promise<void> {
  if (part.kind === 'file' && part.file !== undefined) shell.save(part.file, part.text);
  if (part.kind !== 'commands' || part.notRun !== undefined) return;
  for (const step of part.steps) {
    await shell.follow(step, { fails: part.fails && step === part.steps.at(-1) });
  }
}

function stageNamed(name: string): StageName {
  const known = STAGES.find((stage) => stage === name);
  if (known === undefined) throw new Error(`there is no stage ${name}`);
  return known;
}
