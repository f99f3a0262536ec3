import { expect, test } from 'vitest';
import { type Site, WEB } from './site/index.ts';

const STALE = 'metallb_k8s_client_config_stale_bool';
const LOADED = 'metallb_k8s_client_config_loaded_bool';
const MOVED = `
address-pools:
- name: default
  protocol: layer2
  addresses: [192.0.2.210-192.0.2.219]
`;
const MISTYPED = MOVED.replace('addresses', 'adresses');

/** Edits of the ConfigMap that cannot be taken as they are. */
export function walkThroughConfigurations(site: () => Site): void {
  test('an edit that leaves an address in use without a pool is refused, explained, and taken when the Service goes', async () => {
    const { services, outside, complaints } = site();
    // Each speaker judges for itself: those that announce nothing of it take the edit, and find the address wrong.
    complaints.expect(
      /"applying new configuration failed"/,
      /"event":"configStale"/,
      /"service has no configuration under new config"/,
      /"IP allocated by controller not allowed by config"/,
    );
    await services.create('web', { spec: WEB });
    await services.assigned('web', '192.0.2.200');
    await outside.reach('192.0.2.200');
    const node = await site().announcer('web', '192.0.2.200');
    const earlier = await site().configEvents();

    await site().configure(MOVED);

    const refused = await site().configEvent('ConfigRejected', earlier);
    expect(refused.type).toBe('Warning');
    expect(refused.message).toBe(
      'new config not compatible with assigned IPs: service "default/web" cannot own ["192.0.2.200"] under new config; the previous configuration stays in force',
    );
    await site().controllerShows(STALE, 1);
    await site().controllerShows(LOADED, 1);
    await site().speakerShows(node, STALE, 1);
    expect(await site().announcer('web', '192.0.2.200')).toBe(node);
    await outside.reach('192.0.2.200');
    await services.create('next', { spec: WEB });
    await services.assigned('next', '192.0.2.201');

    const before = await site().configEvents();
    for (const name of ['web', 'next']) await services.delete(name);

    expect((await site().configEvent('ConfigAccepted', before)).type).toBe('Normal');
    await site().controllerShows(STALE, 0);
    await site().speakerShows(node, STALE, 0);
    await services.create('moved', { spec: WEB });
    await services.assigned('moved', '192.0.2.210');
    await outside.reach('192.0.2.210');
  });

  test('an edit with a misspelled key is refused with its place, harms nothing, and is taken when corrected', async () => {
    const { services, outside, complaints } = site();
    complaints.expect(/"didYouMean":"addresses","error":.*"event":"configStale"/);
    await services.create('web', { spec: WEB });
    await services.assigned('web', '192.0.2.200');
    const earlier = await site().configEvents();

    await site().configure(MISTYPED);

    const refused = await site().configEvent('ConfigRejected', earlier);
    expect(refused.type).toBe('Warning');
    expect(refused.message).toContain('line 5, column 3: could not parse config');
    expect(refused.message).toContain('did you mean "addresses"?');
    expect(refused.message).toContain('the previous configuration stays in force');
    await site().controllerShows(STALE, 1);
    for (const { name } of site().cluster.nodes) await site().speakerShows(name, STALE, 1);
    await outside.reach('192.0.2.200');

    const corrected = MOVED.replace('192.0.2.210', '192.0.2.200');
    const before = await site().configEvents();
    await site().configure(corrected);

    await site().configEvent('ConfigAccepted', before);
    await site().controllerShows(STALE, 0);
    for (const { name } of site().cluster.nodes) await site().speakerShows(name, STALE, 0);
    await services.assigned('web', '192.0.2.200');
    await outside.reach('192.0.2.200');
  });
}
