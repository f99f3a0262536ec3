import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `npm run cluster` runs. */
export const CLUSTER_COMMAND: string = resolve('scripts/cluster.js');
/** A pod with limits, and a way to it that needs no load balancer. */
const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: {name: echo, labels: {app: echo}}
spec:
  containers:
  - name: echo
    image: metal-lb/echo
    resources: {limits: {cpu: 500m, memory: 100Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: echo}
spec:
  type: NodePort
  selector: {app: echo}
  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
`;

/** Somebody who uses one cluster from a shell: in a folder of theirs, with a state folder of its own. */
export class ClusterUser {
  readonly home: string = mkdtempSync(join(tmpdir(), 'user-'));
  readonly state: string = join(this.home, 'state');
  readonly kubeconfig: string = join(this.state, 'kubeconfig');
  readonly scratch: string = join(this.home, 'tmp');
  readonly env: NodeJS.ProcessEnv = {
    ...process.env,
    HOME: this.home,
    METAL_LB_CLUSTER: this.state,
    TMPDIR: this.scratch,
    // Where the Kubernetes programs are, whatever the home.
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '', '.cache'),
  };

  constructor() {
    mkdirSync(this.scratch);
    writeFileSync(join(this.home, 'echo.yaml'), MANIFEST);
  }

  async cluster(...args: readonly string[]): Promise<Outcome> {
    return await this.run(process.execPath, CLUSTER_COMMAND, ...args);
  }

  async run(program: string, ...args: readonly string[]): Promise<Outcome> {
    return await new Promise((done) => {
      execFile(program, args, { cwd: this.home, env: this.env }, (error, stdout, stderr) => {
        done({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
    });
  }

  /** Runs the pod of the manifest and waits for its process. */
  async runPod(): Promise<void> {
    const { code, stderr } = await this.cluster('kubectl', 'apply', '-f', 'echo.yaml');
    if (code !== 0) throw new Error(stderr);
    const ready = ['wait', '--for=condition=Ready', 'pod/echo', '--timeout=30s'];
    const { code: waited, stderr: complaint } = await this.cluster('kubectl', ...ready);
    if (waited !== 0) throw new Error(complaint);
  }

  get holder(): number {
    const state = JSON.parse(readFileSync(join(this.state, 'state.json'), 'utf8')) as unknown;
    return (state as { holder: number }).holder;
  }

  /** The command lines of whatever runs for this user's cluster. */
  processes(): string[] {
    return (
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name) && isOurs(name, this.state))
        .map((pid) => processFile(pid, 'cmdline').replaceAll('\0', ' '))
        // One that has ended, and whose parent has not looked yet, has no command line.
        .filter((command) => command !== '')
    );
  }

  /** Whatever a cluster could leave behind on this machine. */
  traces(): object {
    return {
      processes: this.processes(),
      files: readdirSync(this.home).concat(readdirSync(this.scratch)).sort(),
      groups: controlGroups().filter((name) => name.includes('by-hand')),
      links: readdirSync('/sys/class/net'),
      mounts: readFileSync('/proc/self/mounts', 'utf8').split('\n').length,
      namespaces: readdirSync('/run/netns'),
    };
  }

  async leave(): Promise<void> {
    await this.cluster('down');
    rmSync(this.home, { recursive: true });
  }
}

/** In a process table of a private network below this one, or told of this cluster by its environment. */
function isOurs(pid: string, state: string): boolean {
  const own = readlinkSync('/proc/self/ns/pid');
  const table = ifThere(() => readlinkSync(`/proc/${pid}/ns/pid`)) ?? own;
  return table !== own || processFile(pid, 'environ').includes(`METAL_LB_CLUSTER=${state}\0`);
}

function processFile(pid: string, file: string): string {
  return ifThere(() => readFileSync(`/proc/${pid}/${file}`, 'utf8')) ?? '';
}

/** Processes end while they are looked at. */
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function controlGroups(): string[] {
  const root = '/sys/fs/cgroup';
  return [root, ...readdirSync(root).map((name) => join(root, name))]
    .filter((folder) => statSync(folder).isDirectory())
    .flatMap((folder) => readdirSync(folder));
}
