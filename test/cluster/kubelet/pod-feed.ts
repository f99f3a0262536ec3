import { setTimeout as pause } from 'node:timers/promises';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import type { ApiClient } from '../api-client.ts';

interface PodList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Pod[];
}

const PODS = '/api/v1/pods';
const BETWEEN = 200;

/** Every pod of the cluster as it changes; lists again whenever the stream ends, whatever the reason. */
export class PodFeed {
  readonly #admin: ApiClient;
  readonly #heard: (pods: readonly Pod[]) => void;
  readonly #pods = new Map<string, Pod>();
  #close: (() => void) | undefined;
  #closed = false;

  /** @param heard - called with all pods that there are, after each change */
  constructor(admin: ApiClient, heard: (pods: readonly Pod[]) => void) {
    this.#admin = admin;
    this.#heard = heard;
  }

  async run(): Promise<void> {
    while (!this.#isClosed()) {
      try {
        await this.#follow(await this.#list());
      } catch (error) {
        // The API server may be gone for a while; pods run on meanwhile.
        if (!(error instanceof Error)) throw error;
      }
      await pause(BETWEEN);
    }
  }

  close(): void {
    this.#closed = true;
    this.#close?.();
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  async #list(): Promise<string> {
    const { metadata, items } = await this.#admin.get<PodList>(PODS);
    this.#pods.clear();
    for (const pod of items) this.#pods.set(pod.metadata?.uid ?? '', pod);
    this.#tell();
    return metadata.resourceVersion;
  }

  async #follow(version: string): Promise<void> {
    let ended = (): void => undefined;
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const path = `${PODS}?resourceVersion=${version}`;
    this.#close = await this.#admin.watch(path, (line) => this.#event(line, ended), ended);
    await end;
    this.#close();
  }

  #event(line: string, stop: () => void): void {
    const { type, object } = JSON.parse(line) as { type: string; object: Pod };
    const uid = object.metadata?.uid ?? '';
    if (type === 'ERROR') stop();
    else if (type === 'DELETED') this.#pods.delete(uid);
    else this.#pods.set(uid, object);
    this.#tell();
  }

  #tell(): void {
    this.#heard([...this.#pods.values()]);
  }
}
