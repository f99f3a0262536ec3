import { describe, expect, test } from 'vitest';
import { setPodReady } from '../../../cluster/index.ts';
import { heard } from '../journal.ts';
import { SPEAKER, type Scene } from './scene.ts';

const WEB_POD = { namespace: 'default', name: 'web-1', address: '10.244.0.2' };

/** What a speaker says of endpoints, interfaces and its own end. */
export function tellsOfOwnership(the: () => Scene): void {
  describe('the speaker', () => {
    test('is no owner without a ready endpoint', async () => {
      await setPodReady(the().stage.plane.admin, WEB_POD, false);
      await heard(the().speakers, {
        event: 'serviceWithdrawn',
        reason: 'notOwner',
        service: 'default/web',
      });
      await setPodReady(the().stage.plane.admin, WEB_POD, true);
      await the().stage.announced('web');
    });

    test('follows interfaces that come and go', async () => {
      const [{ namespace }] = the().stage.nodes;
      namespace.ip('link', 'add', 'extra0', 'type', 'veth', 'peer', 'name', 'extra1');
      for (const link of ['extra0', 'extra1']) namespace.ip('link', 'set', link, 'up');
      for (const protocol of ['ARP', 'NDP']) {
        await heard(the().speakers, { event: `create${protocol}Responder`, interface: 'extra0' });
      }
      namespace.ip('link', 'del', 'extra0');
      for (const protocol of ['ARP', 'NDP']) {
        const event = `delete${protocol}Responder`;
        expect(await heard(the().speakers, { event, interface: 'extra0' })).toEqual({
          ...SPEAKER,
          level: 'info',
          event,
          interface: 'extra0',
          msg: `deleted ${protocol} responder for interface`,
        });
      }
    });

    test('withdraws an address that no pool holds', async () => {
      await the().stage.controller.stop();
      await the().stage.plane.admin.patch('/api/v1/namespaces/default/services/web/status', {
        status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } },
      });
      await heard(the().speakers, {
        event: 'serviceWithdrawn',
        reason: 'ipNotAllowed',
        service: 'default/web',
      });
      await heard(the().speakers, {
        op: 'setBalancer',
        level: 'error',
        service: 'default/web',
        msg: 'IP allocated by controller not allowed by config',
      });
      the().controllers.push(await the().stage.startController());
      await the().stage.announced('web');
    });

    test('says what it lacks to answer', async () => {
      const [, node] = the().stage.nodes;
      await the().stage.speakerOn(node).stop();
      await heard(the().speakers, { op: 'shutdown', level: 'info', msg: 'starting shutdown' });
      await heard(the().speakers, { op: 'shutdown', level: 'info', msg: 'done' });
      await the().stage.edit('daemonsets/speaker', () => ({
        securityContext: { capabilities: { drop: ['ALL'] } },
      }));
      the().speakers.push(await the().stage.startSpeaker(node));
      for (const protocol of ['ARP', 'NDP']) {
        await heard(the().speakers, {
          op: `create${protocol}Responder`,
          level: 'error',
          interface: 'eth0',
          msg: `failed to create ${protocol} responder`,
        });
      }
    });
  });
}
