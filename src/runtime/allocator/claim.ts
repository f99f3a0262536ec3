import type { Labels, ServiceView } from '../model/index.ts';

/** What decides whether a Service may hold an address together with others. legacy.md §3.7. */
export interface Footprint {
  /** The Service, `namespace/name`. */
  readonly service: string;
  /** As in `TCP/53`. */
  readonly ports: readonly string[];
  /** Empty: not shareable. */
  readonly sharingKey: string;
  /** Empty unless traffic goes to local endpoints only. */
  readonly backendKey: string;
}

/** What decides which addresses a Service may hold: besides, what pools choose their Services by. crd.md §2.9 */
export interface Claim extends Footprint {
  readonly namespace: string;
  readonly labels: Labels;
  /** Labels of the namespace; `undefined` while they are not known. */
  readonly namespaceLabels: Labels | undefined;
}

export function claimOf(view: ServiceView, namespaceLabels?: Labels): Claim {
  return {
    service: view.key,
    ports: [...new Set(view.ports.map(({ protocol, port }) => `${protocol}/${port}`))],
    sharingKey: view.sharingKey,
    backendKey: view.externalTrafficPolicy === 'Local' ? view.selector : '',
    namespace: namespaceOf(view.key),
    labels: view.labels,
    namespaceLabels,
  };
}

function namespaceOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('/')));
}

/** Whether two Services may hold one address if their ports differ. */
export function keysAgree(a: Keys, b: Keys): boolean {
  return a.sharingKey !== '' && a.sharingKey === b.sharingKey && a.backendKey === b.backendKey;
}

/** The part of a claim that all holders of an address have in common. */
export type Keys = Pick<Footprint, 'sharingKey' | 'backendKey'>;
