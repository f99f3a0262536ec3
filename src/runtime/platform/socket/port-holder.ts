import { readFile, readdir, readlink } from 'node:fs/promises';
import { socketsAt } from './socket-table.ts';

/**
 * Who holds a UDP port of this network, for people: a program by name and process number where it can be seen, else
 * whatever the kernel tells everybody. Never rejects for lack of rights.
 */
export async function holderOf(port: number): Promise<string> {
  const tables = await Promise.all([readable('/proc/net/udp'), readable('/proc/net/udp6')]);
  const sockets = tables.flatMap((table) => socketsAt(port, table ?? ''));
  const [first] = sockets;
  if (first === undefined) return `UDP port ${port} is held by nobody that can be seen from here`;
  const pid = await ownerOf(new Set(sockets.map(({ inode }) => `socket:[${inode}]`)));
  if (pid === undefined) {
    const { user, inode } = first;
    return `UDP port ${port} is held by a process that cannot be seen from here (user ${user}, socket ${inode})`;
  }
  const name = (await readable(`/proc/${pid}/comm`))?.trim() ?? '';
  return `UDP port ${port} is held by ${name} (process ${pid})`;
}

async function ownerOf(links: ReadonlySet<string>): Promise<string | undefined> {
  const processes = (await listing('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    if (pid === String(process.pid)) continue;
    for (const fd of await listing(`/proc/${pid}/fd`)) {
      const target = await softly(readlink(`/proc/${pid}/fd/${fd}`));
      if (target !== undefined && links.has(target)) return pid;
    }
  }
  return undefined;
}

function readable(path: string): Promise<string | undefined> {
  return softly(readFile(path, 'utf8'));
}

async function listing(path: string): Promise<readonly string[]> {
  return (await softly(readdir(path))) ?? [];
}

/** A process may have ended, or be somebody else's. */
async function softly<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
