import { type Json, type Listener, identify, member, text } from '../kube/index.ts';
import type { ConfigDocument, ConfigInbox } from './document.ts';
import type { Origin } from './finding.ts';

/** The configuration in a ConfigMap object; one without the key `config` configures nothing. legacy.md §1.1 */
export function configMapDocument(object: Json): ConfigDocument {
  const { key = '', namespace = '', name = '', uid = '', version = '' } = identify(object) ?? {};
  const about = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name, uid };
  const versions = `ConfigMap ${key} at ${version}`;
  const wanted = member(member(member(object, 'metadata'), 'annotations'), SOURCE_ANNOTATION);
  const yields = wanted === 'resources' ? { yields: true as const } : {};
  const origin: Origin = { fields: { configmap: key }, about, versions, ...yields };
  return { text: text(member(member(object, 'data'), 'config')), origin };
}

/** On the ConfigMap, with the value `resources`: those are used, whatever the ConfigMap says. product.md §2 */
const SOURCE_ANNOTATION = 'metal-lb.io/config-source';

/** Hands on what the informer of the one ConfigMap tells; its `project` is {@link configMapDocument}. */
export class ConfigMapListener implements Listener<ConfigDocument> {
  readonly #inbox: ConfigInbox;
  readonly #name: string;
  #heard = false;

  /** @param name - `namespace/name` of the ConfigMap */
  constructor(inbox: ConfigInbox, name: string) {
    this.#inbox = inbox;
    this.#name = name;
  }

  changed(key: string, now: ConfigDocument | undefined): void {
    this.#heard = true;
    const origin: Origin = { fields: { configmap: key } };
    if (now === undefined) this.#inbox.missing(origin);
    else this.#inbox.document(now);
  }

  /** A ConfigMap that was never there is waited for in silence, but known not to be there. legacy.md §1.1 */
  synced(): void {
    if (!this.#heard) this.#absent();
  }

  /** Without a right to it there is none; but what was read before is not undone by that. product.md §2 */
  unavailable(): void {
    if (!this.#heard) this.#absent();
  }

  #absent(): void {
    this.#heard = true;
    this.#inbox.missing({ fields: { configmap: this.#name } });
  }
}
