import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { installed, runToEnd } from './child.ts';
import type { Host, Running, State } from '../state/state-folder.ts';

/** Ends what follows with whoever asked for it; the private network's end ends it anyway. */
const TIED = ['setpriv', '--pdeathsig', 'KILL', '--'];
/** Not every folder is inside: /run is another there. */
const IN_FOLDER = 'cd "$1" 2>/dev/null || cd /; shift; exec "$@"';

/** Runs a command on a machine of the cluster, in a folder of this machine, to its end; a shell when none is given. */
export async function runOn(
  { entry }: Running,
  { namespace }: Host,
  { command, cwd }: { readonly command: readonly string[]; readonly cwd: string },
): Promise<number> {
  const shell = process.env['SHELL'] ?? 'bash';
  const own = `/proc/${entry}/ns`;
  const namespaces = [`--mount=${own}/mnt`, `--net=${own}/net`, `--pid=${own}/pid_for_children`];
  const enter = [...TIED, 'nsenter', ...namespaces, '--', ...TIED];
  const inFolder = ['sh', '-c', IN_FOLDER, 'sh', cwd, 'ip', 'netns', 'exec', namespace];
  const [program = '', ...args] = [
    ...enter,
    ...inFolder,
    ...(command.length === 0 ? [shell] : command),
  ];
  return await runToEnd(program, args);
}

export interface Kubectl {
  readonly kubeconfig: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** Runs kubectl on this machine as the administrator. Its cache goes with the cluster. */
export async function runKubectl(
  { scratch }: State,
  { kubeconfig, args, cwd }: Kubectl,
): Promise<number> {
  const program = installed('kubectl') ?? join(kubernetesPrograms(), 'kubectl');
  return await runToEnd(program, ['--cache-dir', join(scratch, 'kubectl'), ...args], {
    cwd,
    env: { ...process.env, KUBECONFIG: kubeconfig },
  });
}

/** The folder with the Kubernetes programs: built when absent, which takes minutes. */
export function kubernetesPrograms(): string {
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  return execFileSync('test/cluster/build-kubernetes.sh', { encoding: 'utf8', stdio }).trim();
}
