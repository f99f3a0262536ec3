import type { OutputFile, Terminal } from '../terminal.ts';
import { MADE_BY } from './header.ts';

/** What became of files for a folder. */
export type Delivery =
  | { readonly kind: 'delivered'; readonly paths: readonly string[] }
  | { readonly kind: 'undelivered'; readonly why: string };

/**
 * Writes files into a folder, all or none. Files that somebody else made are not overwritten; those that an earlier
 * kustomization of ours lists and the new one does not are in the way, since somebody may apply the whole folder.
 */
export async function deliver(
  files: readonly OutputFile[],
  folder: string,
  terminal: Pick<Terminal, 'read' | 'writeAll'>,
): Promise<Delivery> {
  const placed = files.map((file) => ({ ...file, path: join(folder, file.path) }));
  const names = new Set(files.map(({ path }) => path));
  for (const { path } of placed) {
    const present = await textAt(path, terminal);
    if (present === undefined) continue;
    if (!present.startsWith(`# ${MADE_BY}`)) {
      return undelivered(`${path} is there already and was not made by metal-migrate`);
    }
    if (!path.endsWith('kustomization.yaml')) continue;
    for (const name of resourcesOf(present).filter((one) => !names.has(one))) {
      const stale = join(folder, name);
      if ((await textAt(stale, terminal)) === undefined) continue;
      return undelivered(
        `${stale} is of an earlier conversion, and not of this one: remove it first`,
      );
    }
  }
  const written = await terminal.writeAll(placed);
  if (written.kind === 'unwritable') {
    const { why, inPlace = 0 } = written;
    if (inPlace === 0) return undelivered(why);
    const done = `only ${inPlace} of ${placed.length} files are written`;
    return { kind: 'undelivered', why: `${done}, run it again to complete them: ${why}` };
  }
  return { kind: 'delivered', paths: placed.map(({ path }) => path) };
}

function undelivered(why: string): Delivery {
  return { kind: 'undelivered', why: `nothing is written: ${why}` };
}

async function textAt(path: string, terminal: Pick<Terminal, 'read'>): Promise<string | undefined> {
  const reading = await terminal.read(path);
  if (reading.kind === 'unreadable') return undefined;
  return new TextDecoder().decode(reading.octets);
}

/** What a kustomization lists, whoever has indented it since. */
function resourcesOf(kustomization: string): readonly string[] {
  return [...kustomization.matchAll(/^\s*-\s+["']?([^"'\s]+)/gm)].map(([, name = '']) => name);
}

function join(folder: string, name: string): string {
  return `${folder.replace(/(?<=.)\/+$/, '')}/${name}`;
}
