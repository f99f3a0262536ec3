import { readFile } from 'node:fs/promises';
import { YAMLParseError, parse } from 'yaml';
import { namePattern } from '../../layer2/index.ts';
import { type Compat, atLeast } from '../../model/index.ts';

/** Whether an interface of that name is never announced on. */
export type ExcludedInterfaces = (name: string) => boolean;

/** Where manifests mount the ConfigMap `metallb-excludel2`. */
const FILE = '/etc/metallb/excludel2.yaml';
const KEY = 'announcedInterfacesToExclude';
/** A ConfigMap holds no more than a MiB; a list of patterns is far below this. */
const LONGEST = 65_536;
const MOST_REMEMBERED = 10_000;

/**
 * Reads, once, which interfaces are left out: `announcedInterfacesToExclude`, a list of patterns of which one must be
 * found anywhere in the name. Without the file, and before v0.13, none is. Rejects with what is wrong with it.
 * crd.md §3.3
 */
export async function excludedInterfaces(
  compat: Compat,
  path: string = FILE,
): Promise<ExcludedInterfaces> {
  if (!atLeast(compat, 'v0.13')) return () => false;
  const text = await readIfThere(path);
  const patterns = patternsIn(text, path).map((pattern) => {
    const compiled = namePattern(pattern);
    if (compiled.kind === 'pattern') return compiled;
    throw new Error(`${path}: ${KEY}: ${JSON.stringify(pattern)}: ${compiled.error}`);
  });
  return remembering((name) => patterns.some(({ isFoundIn }) => isFoundIn(name)));
}

/** Links are looked at again and again, and where pods come and go their names are not many at a time. */
function remembering(excludes: ExcludedInterfaces): ExcludedInterfaces {
  const known = new Map<string, boolean>();
  return (name) => {
    const remembered = known.get(name);
    if (remembered !== undefined) return remembered;
    if (known.size >= MOST_REMEMBERED) known.clear();
    const excluded = excludes(name);
    known.set(name, excluded);
    return excluded;
  };
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function patternsIn(text: string, path: string): readonly string[] {
  if (text.length > LONGEST) throw new Error(`${path}: longer than ${LONGEST} characters`);
  const document = parsed(text, path);
  if (document === null) return [];
  const list =
    typeof document === 'object' ? ((document as Record<string, unknown>)[KEY] ?? []) : undefined;
  if (!Array.isArray(list) || !list.every((each) => typeof each === 'string')) {
    throw new Error(`${path}: ${KEY} must be a list of strings`);
  }
  return list;
}

function parsed(text: string, path: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new Error(`${path}: ${error.message.split('\n', 1)[0] ?? ''}`, { cause: error });
  }
}
