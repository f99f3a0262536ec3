import { describe, expect, test } from 'vitest';
import { NAMESPACE, eventsAbout, eventually } from '../../../cluster/index.ts';
import { heard } from '../journal.ts';
import { CONFIG, POOL, type Scene, WEB } from './scene.ts';

const REQUEST = 'metallb.universe.tf/loadBalancerIPs';
const CONFIGMAP = `${NAMESPACE}/config`;
const OBSTACLE = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';

/** What is said of wishes and configurations that cannot be granted. */
export function tellsOfRefusal(the: () => Scene): void {
  describe('what cannot be granted', () => {
    test('is said by the log and a Warning', async () => {
      await the().stage.services.create('late', { annotations: { [POOL]: 'side' }, spec: WEB });
      const error = 'no available IPs in pool "side" for ipv4 IPFamily';
      await heard(the().controllers, {
        op: 'allocateIPs',
        level: 'error',
        service: 'default/late',
        error,
        msg: 'IP allocation failed',
      });
      expect(await the().said('late', 'AllocationFailed')).toEqual({
        type: 'Warning',
        message: `Failed to allocate IP for "default/late": ${error}`,
        from: 'metallb-controller',
        about: 'v1 Service default/late',
        count: 1,
      });
      await the().stage.services.delete('late');
    });

    test('is said of a request that cannot be read, and the address stays', async () => {
      await the().annotate('web', { [REQUEST]: 'nonsense' });
      const error = `invalid ${REQUEST}: "nonsense"`;
      await heard(the().controllers, {
        event: 'loadbalancerIP',
        level: 'error',
        service: 'default/web',
        error,
      });
      expect(await the().said('web', 'LoadBalancerFailed')).toMatchObject({
        type: 'Warning',
        message: `invalid requested loadbalancer IPs: ${error}`,
        from: 'metallb-controller',
      });
      await the().stage.services.assigned('web', '192.0.2.110');
      await the().annotate('web', { [REQUEST]: null });
    });

    test('is said of a status that the API server does not take, and tried again', async () => {
      const name = 'obstacle';
      await the().stage.plane.admin.create(OBSTACLE, {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name },
        webhooks: [
          {
            name: 'status.example.com',
            clientConfig: { url: 'https://127.0.0.1:1/' },
            rules: [
              {
                apiGroups: [''],
                apiVersions: ['v1'],
                operations: ['UPDATE'],
                resources: ['services/status'],
              },
            ],
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
            timeoutSeconds: 1,
          },
        ],
      });
      const errors = async (): Promise<number> =>
        (await the().stage.controller.metrics()).get('metallb_k8s_client_update_errors_total') ?? 0;
      const before = await errors();
      await the().stage.services.create('held', { spec: WEB });
      await heard(the().controllers, {
        op: 'updateServiceStatus',
        level: 'error',
        service: 'default/held',
        msg: 'failed to update service status',
      });
      expect(await errors()).toBeGreaterThan(before);
      await the().stage.plane.admin.delete(`${OBSTACLE}/${name}`);
      await the().stage.services.assigned('held');
      await the().stage.services.delete('held');
    });
  });

  describe('a configuration', () => {
    test('that is wrong is refused with the text of the original by every program', async () => {
      await the().stage.configure(`${CONFIG}  protcol: layer2\n`);
      for (const programs of [the().controllers, the().speakers]) {
        expect(await heard(programs, { event: 'configStale' })).toMatchObject({
          level: 'error',
          configmap: CONFIGMAP,
          error:
            'could not parse config: yaml: unmarshal errors:\n  line 9: field protcol not found in type config.addressPool',
          msg: 'config (re)load failed, config marked stale',
        });
      }
      const [event] = await eventually('an Event', async () => {
        const events = await eventsAbout(the().stage.plane.admin, NAMESPACE, 'config');
        return events.some(({ reason }) => reason === 'ConfigRejected') ? events : undefined;
      });
      expect(event).toMatchObject({ type: 'Warning', involvedObject: { kind: 'ConfigMap' } });
      expect(event?.message).toContain('did you mean "protocol"?');
    });

    test('that strands an address in use is refused by both, with who is in the way', async () => {
      await the().stage.configure(CONFIG.replace('192.0.2.110/32', '192.0.2.112/32'));
      const error =
        'new config not compatible with assigned IPs: service "default/web" cannot own ["192.0.2.110"] under new config';
      await heard(the().controllers, {
        op: 'setConfig',
        level: 'error',
        error,
        msg: 'applying new configuration failed',
      });
      await heard(the().controllers, { event: 'configStale', error: null, configmap: CONFIGMAP });
      await heard(the().speakers, {
        op: 'setConfig',
        level: 'error',
        service: 'default/web',
        error: 'service has no configuration under new config',
        msg: 'new configuration rejected',
      });
    });

    test('that is deleted stays in force and is missed', async () => {
      await the().stage.configure(undefined);
      for (const programs of [the().controllers, the().speakers]) {
        await heard(programs, {
          op: 'setConfig',
          level: 'error',
          error: 'no MetalLB configuration in cluster',
          msg: 'configuration is missing, MetalLB will not function',
        });
      }
      await the().stage.configure(CONFIG);
      await the().stage.announced('web');
    });

    test('that changes the protocol of a pool ends its announcements', async () => {
      await the().annotate('web', { [POOL]: null });
      await the().stage.configure(CONFIG.replaceAll('layer2', 'bgp'));
      await heard(the().speakers, {
        event: 'serviceWithdrawn',
        reason: 'protocolChanged',
        service: 'default/web',
        protocol: 'layer2',
      });
      await the().stage.configure(CONFIG);
      await the().stage.announced('web');
    });
  });
}
