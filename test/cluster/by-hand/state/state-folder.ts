import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { Lock } from './lock.ts';
import { Complaint, ExitCode } from '../speech.ts';

/** A machine on the cluster's segment. */
export interface Host {
  readonly name: string;
  readonly address: string;
  /** Name of its network namespace. */
  readonly namespace: string;
}

/** A cluster that is ready. */
export interface Running {
  /** The process whose namespaces the cluster is in. */
  readonly entry: number;
  readonly api: string;
  readonly nodes: readonly Host[];
  readonly client: Host;
}

/** What the commands know of a cluster. It outlives the cluster when nobody could clear away. */
export interface State {
  /** The process that keeps the cluster. */
  readonly holder: number;
  /** The folder of everything that the cluster writes. */
  readonly scratch: string;
  readonly since: string;
  /** `undefined` until it is ready. */
  readonly running?: Running;
}

/** The administrator's certificate and key, and the authority to trust; PEM. */
export interface AdminIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The one folder through which the commands find a cluster. Root's alone: a key of the administrator is in it. */
export class StateFolder {
  readonly path: string;
  readonly kubeconfig: string;
  /** What the holder and the harness say. */
  readonly log: string;
  readonly #state: string;

  constructor(path: string) {
    this.path = path;
    this.kubeconfig = join(path, 'kubeconfig');
    this.log = join(path, 'cluster.log');
    this.#state = join(path, 'state.json');
  }

  /** The folder that `$METAL_LB_CLUSTER` names, or the usual one. */
  static ofEnvironment(env: NodeJS.ProcessEnv): StateFolder {
    const runtime = env['XDG_RUNTIME_DIR'] ?? '/run';
    return new StateFolder(resolve(env['METAL_LB_CLUSTER'] ?? join(runtime, 'metal-lb-cluster')));
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  create(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    this.check();
    chmodSync(this.path, 0o700);
  }

  /** Refuses a folder that somebody uses for something else: what is in it is trusted, and cleared away. */
  check(): void {
    if (!this.exists) return;
    if (statSync(this.path).uid !== process.getuid?.()) {
      throw new Complaint(`${this.path} belongs to somebody else`);
    }
    const known = this.#files();
    const strange = readdirSync(this.path).find((name) => !known.includes(join(this.path, name)));
    if (strange !== undefined) {
      throw new Complaint(`${this.path} holds ${strange}, which is not of a cluster`);
    }
  }

  /** The right to change what is here; `undefined` while somebody has it, or without a folder. */
  lock(): Lock | undefined {
    return this.exists ? Lock.take(this.path) : undefined;
  }

  /** Whether a process holds a cluster, or is about to. */
  get held(): boolean {
    if (!this.exists) return false;
    const lock = this.lock();
    lock?.release();
    return lock === undefined;
  }

  read(): State | undefined {
    if (!existsSync(this.#state)) return undefined;
    return JSON.parse(readFileSync(this.#state, 'utf8')) as State;
  }

  /** The cluster that is up; complains when none is. */
  running(): State & { readonly running: Running } {
    const state = this.held ? this.read() : undefined;
    if (state?.running !== undefined) return { ...state, running: state.running };
    throw new Complaint('no cluster is up: npm run cluster -- up', ExitCode.Failed);
  }

  write(state: State): void {
    this.#replace(this.#state, JSON.stringify(state));
  }

  /** Lets whoever reads the kubeconfig be the administrator. */
  writeKubeconfig(api: string, identity: AdminIdentity): void {
    this.#replace(this.kubeconfig, JSON.stringify(adminConfig(api, identity)));
  }

  /** Takes it away, with nothing in it but what is known. */
  remove(): void {
    for (const file of this.#files()) rmSync(file, { force: true });
    rmdirSync(this.path);
  }

  #files(): string[] {
    const written = [this.#state, this.kubeconfig];
    return [this.log, ...written, ...written.map(unfinished)];
  }

  #replace(file: string, text: string): void {
    writeFileSync(unfinished(file), text, { mode: 0o600 });
    renameSync(unfinished(file), file);
  }
}

function adminConfig(server: string, { ca, cert, key }: AdminIdentity): object {
  const inline = (pem: string): string => Buffer.from(pem).toString('base64');
  const user = { 'client-certificate-data': inline(cert), 'client-key-data': inline(key) };
  const name = 'metal-lb';
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': inline(ca) } }],
    users: [{ name: 'admin', user }],
    contexts: [{ name, context: { cluster: name, user: 'admin' } }],
    'current-context': name,
  };
}

const unfinished = (file: string): string => `${file}.new`;
