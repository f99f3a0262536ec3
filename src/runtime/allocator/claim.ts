import type { ServiceView } from '../model/index.ts';

/** What decides whether a Service may hold an address together with others. legacy.md §3.7. */
export interface Claim {
  /** The Service, `namespace/name`. */
  readonly service: string;
  /** As in `TCP/53`. */
  readonly ports: readonly string[];
  /** Empty: not shareable. */
  readonly sharingKey: string;
  /** Empty unless traffic goes to local endpoints only. */
  readonly backendKey: string;
}

export function claimOf(view: ServiceView): Claim {
  return {
    service: view.key,
    ports: [...new Set(view.ports.map(({ protocol, port }) => `${protocol}/${port}`))],
    sharingKey: view.sharingKey,
    backendKey: view.externalTrafficPolicy === 'Local' ? view.selector : '',
  };
}

/** Whether two Services may hold one address if their ports differ. */
export function keysAgree(a: Keys, b: Keys): boolean {
  return a.sharingKey !== '' && a.sharingKey === b.sharingKey && a.backendKey === b.backendKey;
}

/** The part of a claim that all holders of an address have in common. */
export type Keys = Pick<Claim, 'sharingKey' | 'backendKey'>;
