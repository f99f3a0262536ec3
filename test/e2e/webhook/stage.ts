import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump, loadAll } from 'js-yaml';
import {
  type ControlPlane,
  Kubectl,
  NAMESPACE,
  eventually,
  startControlPlane,
} from '../../cluster/index.ts';
import { freePorts } from '../../cluster/free-ports.ts';
import { RunningProgram, programFile } from '../../cluster/installation.ts';

/** Where the endpoint of the webhook's Service is: the control plane's own address. */
const ADDRESS = '192.0.2.1';
const WEBHOOK_CONFIGURATION =
  '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/metallb-webhook-configuration';
const ENDPOINTS = `/api/v1/namespaces/${NAMESPACE}/endpoints`;

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

export interface Webhook {
  readonly clientConfig: { readonly caBundle?: string };
}

export interface StageOptions {
  /** Folder of manifests/v0.13, without its workloads. */
  readonly folder?: string;
}

export interface ControllerOptions {
  readonly name?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The v0.13 install on an API server that reaches the webhook, and its controller as a process beside it. */
export class WebhookStage {
  readonly plane: ControlPlane;
  readonly kubectl: Kubectl;
  #files = 0;

  private constructor(plane: ControlPlane) {
    this.plane = plane;
    this.kubectl = new Kubectl(plane);
  }

  static async open({ folder = 'base' }: StageOptions = {}): Promise<WebhookStage> {
    if (process.env['PRIVATE_NETWORK'] === undefined) {
      throw new Error('this would change the network of the machine: run it through npm run e2e');
    }
    execFileSync('ip', ['addr', 'replace', `${ADDRESS}/32`, 'dev', 'lo']);
    // This host has no kube-proxy: the API server must find the webhook by itself.
    const plane = await startControlPlane({ flags: ['--enable-aggregator-routing=true'] });
    const stage = new WebhookStage(plane);
    await stage.install(folder);
    return stage;
  }

  /** Applies a folder of manifests/v0.13 as an operator does; the pods are left out. */
  async install(folder: string): Promise<void> {
    const lines = await this.kubectl.must('kustomize', `manifests/v0.13/${folder}`);
    const objects = (loadAll(lines.join('\n')) as KubernetesObject[]).filter(
      ({ kind }) => kind !== 'Deployment' && kind !== 'DaemonSet',
    );
    await this.kubectl.must('apply', '-f', this.file(...objects));
    await this.direct(9443);
    await eventually(
      'the API server serves the resources',
      async () =>
        (await this.kubectl.run('get', '--raw', '/apis/metallb.io/v1beta2')).code === 0 ||
        undefined,
    );
  }

  /** Has the Service lead to a port of this host; without one, nowhere. */
  async direct(port: number | undefined): Promise<void> {
    await this.plane.admin.delete(`${ENDPOINTS}/webhook-service`);
    const subset = { addresses: [{ ip: ADDRESS }], ports: [{ port }] };
    await this.plane.admin.create(ENDPOINTS, {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'webhook-service', namespace: NAMESPACE },
      subsets: port === undefined ? [] : [subset],
    });
  }

  /** Changes every webhook of the configuration, as a person or a tool may. */
  async edit(change: (webhook: Webhook) => object): Promise<void> {
    const { admin } = this.plane;
    const found = await admin.get<{ webhooks: Webhook[] }>(WEBHOOK_CONFIGURATION);
    await admin.replace(WEBHOOK_CONFIGURATION, { ...found, webhooks: found.webhooks.map(change) });
  }

  /** Writes objects for `kubectl -f`. */
  file(...objects: readonly object[]): string {
    this.#files += 1;
    const path = join(this.plane.dir, `objects-${this.#files}.yaml`);
    writeFileSync(path, objects.map((object) => dump(object, { noRefs: true })).join('---\n'));
    return path;
  }

  /** What `kubectl apply` says: standard output and error, as an operator sees them. */
  async apply(...objects: readonly object[]): Promise<string> {
    const { lines, complaint } = await this.kubectl.run('apply', '-f', this.file(...objects));
    return `${complaint}${lines.join('\n')}`;
  }

  async startController({
    name = 'controller',
    flags = [],
    env = {},
  }: ControllerOptions = {}): Promise<RunningProgram> {
    const user = { token: await this.plane.token(NAMESPACE, 'controller') };
    const [port = 0] = await freePorts(1);
    const kubeconfig = this.plane.kubeconfig(name, user);
    const args = ['--kubeconfig', kubeconfig, '--namespace', NAMESPACE, '--port', String(port)];
    const program = [programFile('controller'), ...args, '--compat=v0.13', ...flags];
    return new RunningProgram(process.execPath, program, {
      log: join(this.plane.dir, `${name}.log`),
      metrics: `http://127.0.0.1:${port}/metrics`,
      env: { METALLB_BGP_TYPE: 'frr', ...env },
    });
  }

  async close(): Promise<void> {
    await this.plane.close();
  }
}

/** Waits for a line of the program's log. */
export async function said(
  program: RunningProgram,
  msg: string,
  within?: number,
): Promise<Readonly<Record<string, unknown>>> {
  return await eventually(
    `the log says: ${msg}`,
    () => program.lines().find((line) => line['msg'] === msg),
    within,
  );
}

export function pool(name: string, ...addresses: readonly string[]): object {
  return resource('IPAddressPool', name, { addresses });
}

export function resource(kind: string, name: string, spec: object, version = 'v1beta1'): object {
  return {
    apiVersion: `metallb.io/${version}`,
    kind,
    metadata: { name, namespace: NAMESPACE },
    spec,
  };
}
