import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Access, ApiClient } from './api-client.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';
import { CertificateAuthority, type Identity } from './pki.ts';
import { type Ending, Program } from './program.ts';

export interface ControlPlaneOptions {
  /** The address that the API server tells the cluster; it need not exist for clients on the loopback. */
  readonly address?: string;
  /** IPv4 and IPv6 Service addresses; IPv4 alone otherwise. */
  readonly dualStack?: boolean;
  /** Runs kube-controller-manager with the controllers that fill Endpoints and EndpointSlices. */
  readonly controllers?: boolean;
  /** Whether etcd waits for the disk. Off by default: tests want to be fast, only measurements honest. */
  readonly fsync?: boolean;
  /** Records every request of a service account; see {@link ControlPlane.audit}. */
  readonly audit?: boolean;
  /** Range of node ports, one or more of which every Service of type LoadBalancer takes. */
  readonly nodePorts?: string;
  /** Further flags of kube-apiserver, such as what it shall not serve. */
  readonly flags?: readonly string[];
}

/** One request, as the API server judged it. */
export interface AuditEntry {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly responseStatus?: { readonly code: number };
  readonly stageTimestamp: string;
}

const CONTROLLERS = [
  ...[
    'endpoint',
    'endpointslice',
    'endpointslicemirroring',
    'serviceaccount',
    'serviceaccount-token',
  ],
  ...['namespace', 'garbagecollector', 'daemonset', 'deployment', 'replicaset', 'job', 'ttl'],
].join();
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  rules: [{ level: 'Metadata', userGroups: ['system:serviceaccounts'] }, { level: 'None' }],
};

/** Starts etcd and a kube-apiserver with RBAC and without anonymous access, in this network namespace. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const plane = new ControlPlane(options, await freePorts(4));
  try {
    await plane.start();
    return plane;
  } catch (error) {
    const cause = new Error(plane.excuse(), { cause: error });
    await plane.close();
    throw new Error('the control plane did not start', { cause });
  }
}

/** A running control plane with everything it needs in one temporary folder. */
export class ControlPlane {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'metal-lb-cluster-'));
  readonly admin: ApiClient;
  /** The administrator, as a kubeconfig has users. */
  readonly adminUser: object;
  readonly access: Access;
  readonly #options: ControlPlaneOptions;
  readonly #bin: string = kubernetesPrograms();
  readonly #ports: { etcd: number; peer: number; api: number; manager: number };
  readonly #ca: CertificateAuthority;
  readonly #serving: Identity;
  readonly #tokens: { readonly privateFile: string; readonly publicFile: string };
  #proxy: Identity | undefined;
  #etcd: Program | undefined;
  #apiServer: Program | undefined;
  #manager: Program | undefined;

  constructor(options: ControlPlaneOptions, ports: readonly number[]) {
    this.#options = options;
    const [etcd = 0, peer = 0, api = 0, manager = 0] = ports;
    this.#ports = { etcd, peer, api, manager };
    const pki = join(this.dir, 'pki');
    mkdirSync(pki);
    this.#ca = new CertificateAuthority(pki);
    const names = `IP:${this.address},IP:127.0.0.1,IP:10.96.0.1,DNS:kubernetes.default.svc`;
    this.#serving = this.#ca.issue('apiserver', '/CN=kube-apiserver', names);
    this.#tokens = this.#ca.keyPair('tokens');
    this.access = { host: '127.0.0.1', port: api, ca: this.#ca.cert };
    const { key, cert, keyFile, certFile } = this.#ca.issue('admin', '/O=system:masters/CN=admin');
    this.admin = new ApiClient({ ...this.access, key, cert });
    this.adminUser = { 'client-key': keyFile, 'client-certificate': certFile };
  }

  get address(): string {
    return this.#options.address ?? '192.0.2.1';
  }

  async start(): Promise<void> {
    this.#startEtcd();
    await this.startApiServer();
    if (this.#options.controllers === true) await this.#startControllerManager();
  }

  /** Starts the API server on what etcd holds, and waits until it is ready. */
  async startApiServer(): Promise<void> {
    const server = new Program(join(this.#bin, 'kube-apiserver'), this.#apiServerFlags(), {
      log: this.#log('apiserver'),
    });
    this.#apiServer = server;
    await this.#apiServerReady(server);
  }

  /** Takes the API server away; etcd keeps running. */
  async stopApiServer(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ending | undefined> {
    return await this.#apiServer?.stop(signal, 30_000);
  }

  /** Starts etcd on what it had written, and waits until the API server is ready again. */
  async startEtcd(): Promise<void> {
    this.#startEtcd();
    await this.#apiServerReady(this.#apiServer);
  }

  /** Takes etcd away; the API server stays, and cannot answer. */
  async stopEtcd(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ending | undefined> {
    return await this.#etcd?.stop(signal, 30_000);
  }

  /** Has etcd forget every earlier state, as the API server does every five minutes; returns what is left to begin at. */
  async compact(): Promise<string> {
    const range = await this.#askEtcd('range', { key: Buffer.from('/').toString('base64') });
    const { revision } = range['header'] as { readonly revision: string };
    await this.#askEtcd('compaction', { revision, physical: true });
    return revision;
  }

  /** A token of a service account, as a kubelet would put into a pod; it ends with the object it is bound to. */
  async token(
    namespace: string,
    account: string,
    { boundTo }: { readonly boundTo?: object } = {},
  ): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const spec = {
      expirationSeconds: 3600,
      ...(boundTo !== undefined && { boundObjectRef: boundTo }),
    };
    const granted = await this.admin.create<{ status: { token: string } }>(path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec,
    });
    return granted.status.token;
  }

  /** A client with the rights of a token. */
  client(token: string): ApiClient {
    return new ApiClient({ ...this.access, token });
  }

  /** Writes a kubeconfig and returns its path. `host` is where the server is for whoever reads it. */
  kubeconfig(name: string, user: object, host = '127.0.0.1'): string {
    const file = join(this.dir, `${name}.kubeconfig`);
    const server = `https://${host}:${this.#ports.api}`;
    const cluster = { server, 'certificate-authority': this.#ca.certFile };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster }],
      users: [{ name, user }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
      'current-context': 'test',
    };
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  }

  /** Where a Kubernetes program of this release is: kubectl, kube-proxy. */
  program(name: string): string {
    return join(this.#bin, name);
  }

  /** Credentials of the nodes' kube-proxies. */
  proxyKubeconfig(): string {
    this.#proxy ??= this.#ca.issue('proxy', '/CN=system:kube-proxy');
    const { keyFile, certFile } = this.#proxy;
    const user = { 'client-key': keyFile, 'client-certificate': certFile };
    return this.kubeconfig('proxy', user, this.address);
  }

  /** What kubelets show the API server when it asks them for logs. */
  kubeletIdentity(): Identity {
    return this.#ca.issue('kubelet', '/O=system:nodes/CN=kubelet', 'IP:127.0.0.1');
  }

  /** What service accounts asked of the server so far; a line that is still being written counts the next time. */
  audit(): AuditEntry[] {
    const lines = readFileSync(join(this.dir, 'audit.log'), 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as AuditEntry);
  }

  /** The last words of whatever did not start. */
  excuse(): string {
    return ['etcd', 'apiserver', 'manager']
      .map((name) => {
        const log = this.#log(name);
        return `${name}: ${existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : 'never ran'}`;
      })
      .join('\n');
  }

  async close(): Promise<void> {
    this.admin.close();
    await this.#manager?.stop('SIGKILL');
    await this.#apiServer?.stop('SIGKILL');
    await this.#etcd?.stop('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }

  async #apiServerReady(server: Program | undefined): Promise<void> {
    await eventually(
      'the API server is ready',
      async () => {
        if (server?.ending !== undefined) throw new Error('kube-apiserver ended');
        const ready = await this.admin.request('GET', '/readyz');
        return ready.status === 200 || undefined;
      },
      60_000,
    );
  }

  /** One call of etcd's key-value service, as its gateway takes it. */
  async #askEtcd(call: string, question: object): Promise<Readonly<Record<string, unknown>>> {
    const url = `http://127.0.0.1:${this.#ports.etcd}/v3/kv/${call}`;
    const reply = await fetch(url, { method: 'POST', body: JSON.stringify(question) });
    if (!reply.ok) throw new Error(`${call}: ${reply.status} ${await reply.text()}`);
    return (await reply.json()) as Readonly<Record<string, unknown>>;
  }

  #log(name: string): string {
    return join(this.dir, `${name}.log`);
  }

  #startEtcd(): void {
    const [client, peer] = [this.#ports.etcd, this.#ports.peer].map(
      (port) => `http://127.0.0.1:${port}`,
    ) as [string, string];
    const flags = [
      ['--name', 'etcd', '--data-dir', join(this.dir, 'etcd')],
      ['--listen-client-urls', client, '--advertise-client-urls', client],
      ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ['--initial-cluster', `etcd=${peer}`, '--log-level', 'warn'],
      this.#options.fsync === true ? [] : ['--unsafe-no-fsync=true'],
    ];
    this.#etcd = new Program('etcd', flags.flat(), { log: this.#log('etcd') });
  }

  #apiServerFlags(): string[] {
    const { dualStack = false, audit = false, nodePorts = '30000-32767' } = this.#options;
    const policy = join(this.dir, 'audit-policy.json');
    if (audit) writeFileSync(policy, JSON.stringify(AUDIT_POLICY));
    return [
      `--etcd-servers=http://127.0.0.1:${this.#ports.etcd}`,
      '--bind-address=0.0.0.0',
      `--advertise-address=${this.address}`,
      `--secure-port=${this.#ports.api}`,
      '--insecure-port=0',
      `--service-cluster-ip-range=10.96.0.0/16${dualStack ? ',fd00:10:96::/112' : ''}`,
      ...(dualStack ? ['--feature-gates=IPv6DualStack=true'] : []),
      `--service-node-port-range=${nodePorts}`,
      '--authorization-mode=RBAC',
      '--anonymous-auth=false',
      `--client-ca-file=${this.#ca.certFile}`,
      `--tls-cert-file=${this.#serving.certFile}`,
      `--tls-private-key-file=${this.#serving.keyFile}`,
      `--service-account-key-file=${this.#tokens.publicFile}`,
      `--service-account-signing-key-file=${this.#tokens.privateFile}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--allow-privileged=true',
      '--event-ttl=10m',
      // Where kubelets answer for logs; an address of this name is theirs.
      '--kubelet-preferred-address-types=InternalDNS',
      `--cert-dir=${join(this.dir, 'certs')}`,
      ...(audit
        ? [`--audit-policy-file=${policy}`, `--audit-log-path=${join(this.dir, 'audit.log')}`]
        : []),
      ...(this.#options.flags ?? []),
    ];
  }

  async #startControllerManager(): Promise<void> {
    const { keyFile, certFile } = this.#ca.issue('manager', '/CN=system:kube-controller-manager');
    const user = { 'client-key': keyFile, 'client-certificate': certFile };
    const flags = [
      `--kubeconfig=${this.kubeconfig('manager', user)}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      '--port=0',
      `--secure-port=${this.#ports.manager}`,
      `--cert-dir=${join(this.dir, 'certs')}`,
      `--controllers=${CONTROLLERS}`,
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${this.#tokens.privateFile}`,
      `--root-ca-file=${this.#ca.certFile}`,
    ];
    const program = join(this.#bin, 'kube-controller-manager');
    this.#manager = new Program(program, flags, { log: this.#log('manager') });
    await eventually(
      'the default service account has a token',
      async () => {
        const path = '/api/v1/namespaces/default/serviceaccounts/default';
        const account = await this.admin.find<{ secrets?: unknown[] }>(path);
        return account?.secrets?.length;
      },
      60_000,
    );
  }
}

/** The folder with the Kubernetes programs: built when absent, which takes minutes; see build-kubernetes.sh. */
function kubernetesPrograms(): string {
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  return execFileSync('test/cluster/build-kubernetes.sh', { encoding: 'utf8', stdio }).trim();
}
