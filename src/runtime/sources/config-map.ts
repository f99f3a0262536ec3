import { type Json, type Listener, identify, member, text } from '../kube/index.ts';
import type { ConfigDocument, ConfigInbox, ConfigOrigin } from './document.ts';

/** The configuration in a ConfigMap object; one without the key `config` configures nothing. legacy.md §1.1 */
export function configMapDocument(object: Json): ConfigDocument {
  const { key = '', namespace = '', name = '', uid = '' } = identify(object) ?? {};
  const about = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name, uid };
  const origin = { fields: { configmap: key }, about };
  return { text: text(member(member(object, 'data'), 'config')), origin };
}

/** Hands on what the informer of the one ConfigMap tells; its `project` is {@link configMapDocument}. */
export class ConfigMapListener implements Listener<ConfigDocument> {
  readonly #inbox: ConfigInbox;

  constructor(inbox: ConfigInbox) {
    this.#inbox = inbox;
  }

  changed(key: string, now: ConfigDocument | undefined): void {
    const origin: ConfigOrigin = { fields: { configmap: key } };
    if (now === undefined) this.#inbox.missing(origin);
    else this.#inbox.document(now);
  }

  /** A ConfigMap that was never there is waited for in silence. legacy.md §1.1 */
  synced(): void {
    // Nothing to tell.
  }
}
