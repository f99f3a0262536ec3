import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ControlPlane,
  Installation,
  type Release,
  type RunningProgram,
  Services,
  startControlPlane,
  startControllerPod,
} from '../cluster/index.ts';

const CONFIG = 'address-pools:\n- name: pool\n  protocol: layer2\n  addresses: [198.51.100.0/24]\n';
const RELEASES: readonly Release[] = ['v0.10.3', 'v0.11.0', 'v0.12.1'];

describe.each(RELEASES)('in the Deployment of an unmodified %s manifest', (release) => {
  let plane: ControlPlane;
  let controller: RunningProgram;
  let services: Services;

  beforeAll(async () => {
    plane = await startControlPlane({ audit: true });
    services = new Services(plane.admin);
    const installation = await Installation.apply(plane, release);
    await installation.configure(CONFIG);
    controller = await (await startControllerPod(plane)).ready();
  });

  afterAll(async () => {
    await controller.stop('SIGKILL');
    await plane.close();
  });

  test('the controller assigns, within its rights, and ends cleanly on SIGTERM', async () => {
    await services.create('web');
    await services.assigned('web', '198.51.100.0');
    await services.event('web', 'IPAllocated');

    const ending = await controller.stop('SIGTERM', 5000);

    expect(ending).toEqual({ code: 0, signal: null });
    const refused = plane.audit().filter(({ responseStatus }) => responseStatus?.code === 403);
    expect(refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
    const written = plane.audit().filter(({ verb }) => !/^(get|list|watch)$/.test(verb));
    const targets = new Set(written.map(({ verb, requestURI }) => `${verb} ${kind(requestURI)}`));
    expect([...targets].sort()).toEqual([
      'create events',
      'create secrets',
      'update services/status',
    ]);
  });
});

describe('the metrics of the controller', () => {
  let plane: ControlPlane;
  let controller: RunningProgram;
  let services: Services;

  beforeAll(async () => {
    plane = await startControlPlane();
    services = new Services(plane.admin);
    const installation = await Installation.apply(plane);
    await installation.configure(CONFIG);
    controller = await (await installation.startController()).ready();
  });

  afterAll(async () => {
    await controller.stop();
    await plane.close();
  });

  test('carry the names and figures that dashboards read', async () => {
    await services.create('web');
    await services.assigned('web');

    const metrics = await controller.metrics();

    expect(metrics.get('metallb_k8s_client_config_loaded_bool')).toBe(1);
    expect(metrics.get('metallb_k8s_client_config_stale_bool')).toBe(0);
    expect(metrics.get('metallb_allocator_addresses_total{pool="pool"}')).toBe(256);
    expect(metrics.get('metallb_allocator_addresses_in_use_total{pool="pool"}')).toBe(1);
    expect(metrics.get('metallb_k8s_client_updates_total')).toBeGreaterThan(0);
    expect(metrics.has('metallb_k8s_client_update_errors_total')).toBe(true);
    expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  test('the log is one JSON object a line, and starts with the version', () => {
    const written = controller.output().trimEnd().split('\n');

    const lines = written.map((line) => JSON.parse(line) as Record<string, unknown>);

    expect(lines[0]?.['msg']).toMatch(/^MetalLB controller starting version /);
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(Object.keys(line).toSorted());
      expect(line).toMatchObject({
        level: expect.any(String) as string,
        ts: expect.any(String) as string,
      });
    }
  });
});

/** `services/status` of `/api/v1/namespaces/default/services/web/status`. */
function kind(uri: string): string {
  const [, , , , , resource = '', , part] = new URL(uri, 'https://kubernetes').pathname.split('/');
  return part === undefined ? resource : `${resource}/${part}`;
}
