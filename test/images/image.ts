import { execFileSync } from 'node:child_process';
import { closeSync, lstatSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { only, readDockerfile, wordsOf } from './dockerfile.ts';

export type ImageName = 'controller' | 'speaker' | 'migrate';

/** An image as a container runtime has it: a root file system, and what the Dockerfile says of it. */
export interface Image {
  readonly name: ImageName;
  readonly root: string;
  readonly entrypoint: readonly string[];
  readonly user: number;
  readonly group: number;
}

/** One entry of a root file system. */
export interface Entry {
  /** From the root, with a leading slash. */
  readonly path: string;
  readonly type: 'folder' | 'file' | 'link' | 'other';
  /** Permission bits, those of setuid, setgid and sticky among them. */
  readonly mode: number;
  readonly owner: string;
  /** Seconds since 1970. */
  readonly changed: number;
}

/** Where the root file systems are: the folder `$IMAGES`, or made now in a scratch folder. */
export function assembled(scratch: string): string {
  const made = process.env['IMAGES'];
  if (made !== undefined) return made;
  const folder = join(scratch, 'images');
  assemble(folder);
  return folder;
}

/** What is assembled, where it is not this machine's architecture and the bundles of dist. */
export interface Choice {
  readonly arch?: 'amd64' | 'arm64';
  readonly programs?: string;
}

/** Assembles the root file systems into a folder, as the Dockerfile does. */
export function assemble(folder: string, { arch, programs }: Choice = {}): void {
  const env = {
    ...process.env,
    ...(arch !== undefined && { ARCH: arch }),
    ...(programs !== undefined && { PROGRAMS: programs }),
  };
  execFileSync(resolve('images/assemble.sh'), [folder], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** @param folder - where the root file systems were assembled */
export function imageOf(folder: string, name: ImageName): Image {
  const stages = readDockerfile(readFileSync('images/Dockerfile', 'utf8'));
  const stage = stages.find((candidate) => candidate.name === name);
  if (stage === undefined) throw new Error(`the Dockerfile has no target ${name}`);
  const entrypoint = wordsOf(only(stage, 'ENTRYPOINT')) ?? [];
  const [user = 0, group = 0] = only(stage, 'USER').rest.split(':').map(Number);
  return { name, root: join(folder, name), entrypoint, user, group };
}

/** Everything in a root file system, the root itself first, in order of path. */
export function entriesOf(root: string): Entry[] {
  const below = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
  return ['', ...below].map((relative) => {
    const status = lstatSync(join(root, relative));
    return {
      path: `/${relative}`,
      type: typeOf(status),
      mode: status.mode & 0o7777,
      owner: `${status.uid}:${status.gid}`,
      changed: status.mtimeMs / 1000,
    };
  });
}

/** Of an ELF file the number of its machine, as <elf.h> has it; `undefined` for any other file. */
export function machineOf(file: string): number | undefined {
  const header = Buffer.alloc(20);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, header);
  closeSync(descriptor);
  return header.readUInt32BE(0) === 0x7f454c46 ? header.readUInt16LE(18) : undefined;
}

function typeOf(status: ReturnType<typeof lstatSync>): Entry['type'] {
  if (status?.isDirectory() === true) return 'folder';
  if (status?.isFile() === true) return 'file';
  return status?.isSymbolicLink() === true ? 'link' : 'other';
}
