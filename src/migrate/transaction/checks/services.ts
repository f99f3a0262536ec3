import type { RecordedService } from '../record/record.ts';

/** A Service whose addresses are not those that were recorded. */
export interface MovedService extends RecordedService {
  /** What it has now; empty: none. */
  readonly now: readonly string[];
}

/** What has become of the recorded Services; those that are gone are nobody's doing here, and counted only. */
export interface Keeping {
  readonly kept: number;
  readonly moved: readonly MovedService[];
  readonly gone: readonly string[];
}

/**
 * @param present - Services of type LoadBalancer that are there, by `namespace/name`
 */
export function compareAddresses(
  recorded: readonly RecordedService[],
  now: readonly RecordedService[],
  present: ReadonlySet<string>,
): Keeping {
  const held = new Map(now.map(({ service, addresses }) => [service, addresses]));
  const moved: MovedService[] = [];
  const gone: string[] = [];
  let kept = 0;
  for (const { service, addresses } of recorded) {
    const has = held.get(service) ?? [];
    if (!present.has(service)) gone.push(service);
    else if (has.join() === addresses.join()) kept += 1;
    else moved.push({ service, addresses, now: has });
  }
  return { kept, moved, gone };
}

export function movedText({ service, addresses, now }: MovedService): string {
  const has = now.length === 0 ? 'no address' : now.join(', ');
  return `Service ${service} had ${addresses.join(', ')} and has ${has}`;
}
