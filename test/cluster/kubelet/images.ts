import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What a container runtime would have pulled. */
export interface Image {
  /** Its root file system. */
  readonly root: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** Whom its processes run as where the pod does not say. */
  readonly user: number;
}

const OURS: Readonly<Record<string, string>> = {
  'metal-lb/controller': 'controller',
  'metal-lb/speaker': 'speaker',
  'metal-lb/migrate': 'migrate',
};

/** What this machine's distribution has installed serves as the other images' content. */
const DISTRIBUTION: Readonly<Record<string, readonly string[]>> = {
  'metal-lb/echo': [process.execPath, resolve('test/cluster/images/echo.js')],
  nginx: ['nginx', '-c', resolve('test/cluster/images/nginx.conf'), '-g', 'daemon off;'],
};

/** The user that images/Dockerfile gives to what needs no root. */
const NOBODY = 65534;

/** The image of a name as pods give it, whatever its tag; `undefined` where a runtime could not pull it. */
export function imageOf(name: string): Image | undefined {
  const repository = name.replace(/(:[^/]*)?(@.*)?$/, '');
  const ours = OURS[repository];
  if (ours !== undefined) return ownImage(ours);
  const entrypoint = DISTRIBUTION[repository];
  if (entrypoint === undefined) return undefined;
  return { root: '/', entrypoint, command: [], user: 0 };
}

/** The image as `images/assemble.sh` made it in `$IMAGES`; without that, the bundle run by this machine's Node. */
function ownImage(name: string): Image {
  const folder = process.env['IMAGES'];
  const user = name === 'speaker' ? 0 : NOBODY;
  if (folder !== undefined) {
    const file = name === 'migrate' ? '/metal-migrate' : `/${name}`;
    return { root: join(folder, name), entrypoint: [file], command: [], user };
  }
  const bundle = resolve(process.env['PROGRAMS'] ?? 'dist', `${name}.js`);
  if (!existsSync(bundle)) throw new Error(`no ${bundle}: npm run build makes it`);
  const program = [process.execPath, ...flagsOf(bundle), bundle];
  return { root: '/', entrypoint: program, command: [], user };
}

/** The flags of Node that a program asks for in its first line. */
function flagsOf(bundle: string): string[] {
  const [first = ''] = readFileSync(bundle, 'utf8').split('\n', 1);
  return first.split(' ').filter((word) => word.startsWith('--'));
}
