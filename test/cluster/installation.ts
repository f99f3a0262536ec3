import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ConfigMap } from 'kubernetes-types/core/v1.d.ts';
import type { ControlPlane } from './control-plane.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';
import { applyManifest } from './manifests.ts';
import { type Metrics, scrape } from './metrics.ts';
import { Program } from './program.ts';

export const NAMESPACE = 'metallb-system';

/** A release whose manifest was applied; its RBAC is all that the programs get. */
export type Release = 'v0.10.3' | 'v0.11.0' | 'v0.12.1';

export interface InstallationOptions {
  readonly images?: 'original' | 'ours';
  readonly limits?: { readonly cpu: string; readonly memory: string };
}

export interface ControllerOptions {
  /** Distinguishes the logs and credentials of several controllers. */
  readonly name?: string;
  readonly flags?: readonly string[];
}

const CONFIG = `/api/v1/namespaces/${NAMESPACE}/configmaps/config`;
/** A bundled program; `npm run build` makes it. `$PROGRAMS` names another folder than dist. */
export const programFile = (name: string): string =>
  resolve(process.env['PROGRAMS'] ?? 'dist', `${name}.js`);

/** MetalLB's objects on a control plane, with our programs in place of its containers. */
export class Installation {
  readonly plane: ControlPlane;

  private constructor(plane: ControlPlane) {
    this.plane = plane;
  }

  /**
   * @param images - `ours` swaps the names of the images, and nothing else, so that a cluster runs the pods
   * @param limits - what each container may use at most, as installs set it beside the manifest
   */
  static async apply(
    plane: ControlPlane,
    release: Release = 'v0.12.1',
    { images = 'original', limits }: InstallationOptions = {},
  ): Promise<Installation> {
    const text = readFileSync(`test/fixtures/manifests/${release}.yaml`, 'utf8');
    const swapped =
      images === 'ours' ? text.replace(/image: metallb\//g, 'image: metal-lb/') : text;
    await applyManifest(plane.admin, limits === undefined ? swapped : limited(swapped, limits));
    return new Installation(plane);
  }

  /** Writes the ConfigMap; `undefined` takes it away. */
  async configure(document: string | undefined): Promise<void> {
    const { admin } = this.plane;
    if (document === undefined) {
      await admin.delete(CONFIG);
      return;
    }
    const found = await admin.find<ConfigMap>(CONFIG);
    if (found !== undefined) {
      await admin.patch(CONFIG, { data: { config: document } });
      return;
    }
    await admin.create(CONFIG.replace(/\/config$/, ''), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'config', namespace: NAMESPACE },
      data: { config: document },
    });
  }

  /** Starts a controller with the arguments and environment of the Deployment, and a kubeconfig for its account. */
  async startController({
    name = 'controller',
    flags = [],
  }: ControllerOptions = {}): Promise<RunningProgram> {
    const user = { token: await this.plane.token(NAMESPACE, 'controller') };
    const [port = 0] = await freePorts(1);
    const args = [
      ...['-kubeconfig', this.plane.kubeconfig(name, user), '-namespace', NAMESPACE],
      ...['-port', String(port), '-ml-secret-name', 'memberlist', '-deployment', 'controller'],
      ...flags,
    ];
    return new RunningProgram(process.execPath, [programFile('controller'), ...args], {
      log: join(this.plane.dir, `${name}.log`),
      metrics: `http://127.0.0.1:${port}/metrics`,
    });
  }
}

function limited(manifest: string, limits: object): string {
  const resources = JSON.stringify({ limits });
  return manifest.replace(/^( *)(image: .*)$/gm, `$1$2\n$1resources: ${resources}`);
}

export interface RunningProgramOptions {
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where it answers for its metrics. */
  readonly metrics: string;
}

/** One of our programs, with what it says of itself. */
export class RunningProgram extends Program {
  readonly #metrics: string;

  constructor(command: string, args: readonly string[], options: RunningProgramOptions) {
    super(command, args, options);
    this.#metrics = options.metrics;
  }

  async metrics(): Promise<Metrics> {
    return await scrape(this.#metrics);
  }

  /** Waits until it answers for its metrics: how the probes of v0.12 judge it. */
  async ready(within = 15_000): Promise<this> {
    await eventually(
      `${this.#metrics} answers`,
      async () => {
        if (this.ending !== undefined) throw new Error(`ended:\n${this.output().slice(-4000)}`);
        await this.metrics();
        return true;
      },
      within,
    );
    return this;
  }
}
