import { describe, expect, test } from 'vitest';
import { heard } from '../journal.ts';
import { CONTROLLER, POOL, type Scene, WEB } from './scene.ts';

const SHARING = 'metallb.universe.tf/allow-shared-ip';

/** What is said when an address goes. */
export function tellsOfRelease(the: () => Scene): void {
  describe('the controller says why an address goes', () => {
    const cleared = async (reason: string): Promise<object> =>
      heard(the().controllers, { event: 'clearAssignment', reason, service: 'default/web' });

    test('another address was asked for', async () => {
      await the().stage.services.change('web', { spec: { loadBalancerIP: '192.0.2.103' } });
      expect(await cleared('differentIPRequested')).toMatchObject({ level: 'info' });
      await heard(the().speakers, {
        event: 'serviceWithdrawn',
        level: 'info',
        reason: 'loadBalancerIPChanged',
        service: 'default/web',
        ips: ['192.0.2.100'],
        pool: 'main',
        protocol: 'layer2',
        msg: 'withdrawing service announcement',
      });
      await heard(the().speakers, { event: 'serviceAnnounced', ips: ['192.0.2.103'] });
    });

    test('another pool was asked for', async () => {
      await the().stage.services.change('web', { spec: { loadBalancerIP: null } });
      await the().annotate('web', { [POOL]: 'side' });
      expect(await cleared('differentPoolRequested')).toMatchObject({ level: 'info' });
      await heard(the().speakers, {
        event: 'serviceAnnounced',
        ips: ['192.0.2.110'],
        pool: 'side',
      });
    });

    test('its status lists what no Service can have', async () => {
      const ingress = [{ ip: '192.0.2.110' }, { ip: '192.0.2.111' }];
      await the().stage.plane.admin.patch('/api/v1/namespaces/default/services/web/status', {
        status: { loadBalancer: { ingress } },
      });
      const list = '["192.0.2.110" "192.0.2.111"]';
      const why = `IPFamilyForAddresses: same address family ${list}`;
      expect(await cleared('nolbIPsIPFamily')).toMatchObject({ level: 'error', error: why });
      expect(await the().said('web', 'nolbIPsIPFamily')).toMatchObject({
        type: 'Warning',
        message: `Failed to retrieve LBIPs IPFamily for ${list}: ${why}`,
        from: 'metallb-controller',
      });
    });

    test('it may not be shared any more', async () => {
      const port = (name: string): object => ({ annotations: { [SHARING]: name } });
      await the().stage.services.create('one', { ...port('key'), spec: WEB });
      const [ip = ''] = await the().stage.services.assigned('one');
      const request = { ...WEB, loadBalancerIP: ip };
      await the().stage.services.create('two', {
        ...port('key'),
        ports: [['UDP', 53]],
        spec: request,
      });
      await the().stage.services.assigned('two', ip);

      await the().annotate('two', { [SHARING]: 'other' });

      const why = 'can\'t change sharing key for "default/two", address also in use by default/one';
      expect(
        await heard(the().controllers, { event: 'clearAssignment', service: 'default/two' }),
      ).toMatchObject({
        level: 'info',
        error: why,
        msg: 'current IP not allowed by config, clearing',
      });
      expect(await the().said('two', 'ClearAssignment')).toMatchObject({
        type: 'Normal',
        message: expect.stringContaining(why) as string,
      });
      expect(await the().said('two', 'AllocationFailed')).toMatchObject({
        message: `Failed to allocate IP for "default/two": ${why}`,
      });
      await heard(the().speakers, {
        event: 'serviceWithdrawn',
        reason: 'noIPAllocated',
        service: 'default/two',
      });
    });

    test('its Service is no LoadBalancer any more, or is gone', async () => {
      await the().stage.announced('one');
      await the().stage.services.change('one', { spec: { type: 'ClusterIP' } });
      await heard(the().controllers, {
        event: 'clearAssignment',
        level: 'debug',
        reason: 'notLoadBalancer',
        service: 'default/one',
      });
      await heard(the().speakers, {
        event: 'serviceWithdrawn',
        reason: 'notLoadBalancer',
        service: 'default/one',
      });
      await the().stage.services.assigned('two');
      await the().stage.announced('two');
      for (const name of ['one', 'two']) await the().stage.services.delete(name);
      expect(await heard(the().controllers, { event: 'serviceDeleted' })).toEqual({
        ...CONTROLLER,
        level: 'info',
        event: 'serviceDeleted',
        msg: 'service deleted',
        service: 'default/two',
      });
      await heard(the().speakers, {
        event: 'serviceWithdrawn',
        reason: 'serviceDeleted',
        service: 'default/two',
      });
    });
  });
}
