import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { installed, runToEnd } from './child.ts';
import { kubernetesPrograms } from './enter.ts';
import type { HolderOptions } from '../holder/holder.ts';
import { type HolderMessage, firstMessage } from '../holder/messages.ts';
import { Complaint, ExitCode, complain, say } from '../speech.ts';
import type { StateFolder } from '../state/state-folder.ts';

/** Programs that a cluster cannot do without, and their Debian packages. */
const NEEDED: Readonly<Record<string, string>> = {
  conntrack: 'conntrack',
  gcc: 'gcc',
  ip: 'iproute2',
  iptables: 'iptables',
  nsenter: 'util-linux',
  openssl: 'openssl',
  setpriv: 'util-linux',
  sysctl: 'procps',
};

/** Starts a cluster and says how to use it once it is ready. Returns what to exit with. */
export async function up(folder: StateFolder, options: HolderOptions): Promise<number> {
  if (folder.held) throw alreadyUp(folder);
  await prepare();
  folder.create();
  say(`starting a cluster of ${options.nodes} (about ten seconds)`);
  const holder = spawnHolder(folder, options);
  const passOn = (): void => void holder.kill('SIGTERM');
  process.on('SIGINT', passOn).on('SIGTERM', passOn).on('SIGHUP', passOn);
  const ended = once(holder, 'exit') as Promise<[number | null]>;
  const message = await firstMessage<HolderMessage>(holder);
  if (message === 'held') throw alreadyUp(folder);
  if (message === 'ready') {
    say(usage(folder));
    if (options.detach) return ExitCode.Done;
  }
  const [code] = await ended;
  if (code === 0) return message === 'ready' ? ExitCode.Done : ExitCode.Failed;
  complain(message === 'ready' ? 'the cluster ended by itself' : 'the cluster did not start');
  if (options.detach) complain(lastWords(folder));
  return ExitCode.Failed;
}

/** Builds what is missing: the Kubernetes programs, which takes minutes, and ours. */
async function prepare(): Promise<void> {
  kubernetesPrograms();
  const missing = Object.keys(NEEDED).filter((program) => installed(program) === undefined);
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((program) => NEEDED[program]))].join(' ');
    throw new Complaint(`missing: ${missing.join(', ')}; apt-get install ${packages}`);
  }
  if (process.env['PROGRAMS'] !== undefined || existsSync('dist/controller.js')) return;
  if ((await runToEnd('npm', ['run', '--silent', 'build'])) !== 0) {
    throw new Complaint('the programs could not be built');
  }
}

function spawnHolder(folder: StateFolder, { nodes, detach }: HolderOptions): ChildProcess {
  const args = [...process.argv.slice(1, 2), 'hold', String(nodes), `--detach=${detach}`];
  const log = detach ? openSync(folder.log, 'a', 0o600) : 'inherit';
  try {
    const stdio: StdioOptions = ['ignore', log, log, 'ipc'];
    return spawn(process.execPath, args, { detached: detach, stdio });
  } finally {
    if (log !== 'inherit') closeSync(log);
  }
}

const alreadyUp = ({ path }: StateFolder): Complaint =>
  new Complaint(`a cluster is up already (${path}): npm run cluster -- status`, ExitCode.Failed);

function lastWords({ log }: StateFolder): string {
  return existsSync(log) ? readFileSync(log, 'utf8').slice(-4000).trimEnd() : '';
}

function usage(folder: StateFolder): string {
  return `The cluster is up.

  export KUBECONFIG=${folder.kubeconfig}
  kubectl get nodes

  npm run cluster -- client curl http://192.0.2.200/   a command outside the cluster, on its segment
  npm run cluster -- node n1 ip addr                   a command on a node
  npm run cluster -- logs                              which logs there are
  npm run cluster -- down                              takes everything away
`;
}
