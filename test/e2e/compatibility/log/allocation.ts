import { describe, expect, test } from 'vitest';
import { NAMESPACE } from '../../../cluster/index.ts';
import { heard } from '../journal.ts';
import { CONFIG, CONTROLLER, SPEAKER, type Scene } from './scene.ts';

const CONFIGMAP = `${NAMESPACE}/config`;

/** What is said from the start to the first address. */
export function tellsOfAllocation(the: () => Scene): void {
  describe('a start without a configuration', () => {
    test('begins with the name and version of the program', () => {
      for (const [name, program] of [
        ['controller', the().stage.controller],
        ['speaker', the().speakers[0]],
      ] as const) {
        const [first] = program?.lines() ?? [];
        expect(first).toMatchObject({ level: 'info', caller: `metal-${name}` });
        expect(first?.['version']).toMatch(/^\d+\.\d+\.\d+/);
        const version = `version ${String(first?.['version'])} (no build information)`;
        expect(first?.['msg']).toBe(`MetalLB ${name} starting ${version}`);
        expect(Object.keys(first ?? {})).toEqual(
          expect.arrayContaining(['commit', 'branch', 'goversion']),
        );
      }
    });

    test('tells of the Secret, of what is watched, and of every interface', async () => {
      await heard(the().controllers, { op: 'CreateMlSecret', msg: 'secret succesfully created' });
      await heard(the().speakers, { op: 'New', level: 'info', msg: 'using endpoint slices' });
      for (const protocol of ['ARP', 'NDP']) {
        expect(await heard(the().speakers, { event: `create${protocol}Responder` })).toEqual({
          ...SPEAKER,
          level: 'info',
          event: `create${protocol}Responder`,
          interface: 'eth0',
          msg: `created ${protocol} responder for interface`,
        });
      }
    });

    test('waits in debug lines', async () => {
      expect(await heard(the().controllers, { event: 'noConfig' })).toEqual({
        ...CONTROLLER,
        level: 'debug',
        event: 'noConfig',
        msg: 'not processing, still waiting for config',
        service: expect.stringMatching(/^default\//) as string,
      });
      await heard(the().controllers, { event: 'stateSynced', level: 'info' });
    });
  });

  describe('a Service that gets an address', () => {
    test('is told of by controller and speaker', async () => {
      await the().stage.configure(CONFIG);
      const nodes = the().stage.nodes.map(({ name }) => name);
      await heard(the().speakers, { op: 'memberDiscovery', level: 'info', nodes });
      await the().stage.services.assigned('web', '192.0.2.100');
      await the().stage.announced('web');

      for (const programs of [the().controllers, the().speakers]) {
        expect(await heard(programs, { event: 'configLoaded' })).toMatchObject({
          level: 'info',
          configmap: CONFIGMAP,
          msg: 'config (re)loaded',
        });
      }
      expect(await heard(the().controllers, { event: 'ipAllocated' })).toEqual({
        ...CONTROLLER,
        level: 'info',
        event: 'ipAllocated',
        ip: ['192.0.2.100'],
        msg: 'IP address assigned by controller',
        service: 'default/web',
      });
      expect(await heard(the().controllers, { event: 'serviceUpdated' })).toEqual({
        ...CONTROLLER,
        level: 'info',
        event: 'serviceUpdated',
        msg: 'updated service object',
        service: 'default/web',
      });
      expect(await heard(the().speakers, { event: 'serviceAnnounced' })).toEqual({
        ...SPEAKER,
        level: 'info',
        event: 'serviceAnnounced',
        service: 'default/web',
        ips: ['192.0.2.100'],
        pool: 'main',
        protocol: 'layer2',
        msg: 'service has IP, announcing',
      });
      for (const event of ['startUpdate', 'endUpdate', 'noChange']) {
        await heard(the().controllers, { event, level: 'debug', service: 'default/web' });
      }
      await heard(the().speakers, { event: 'startUpdate', level: 'debug', service: 'default/web' });
    });

    test('has an Event of each', async () => {
      const node = await the().stage.announced('web');
      const about = 'v1 Service default/web';
      expect(await the().said('web', 'IPAllocated')).toEqual({
        type: 'Normal',
        message: 'Assigned IP ["192.0.2.100"]',
        from: 'metallb-controller',
        about,
        count: 1,
      });
      expect(await the().said('web', 'nodeAssigned')).toEqual({
        type: 'Normal',
        message: `announcing from node "${node.name}"`,
        from: 'metallb-speaker',
        about,
        count: 1,
      });
    });

    test('has the requests for it in debug lines', async () => {
      const { mac } = await the().stage.announced('web');
      the().client.ask('192.0.2.100');
      const msg = 'got ARP request for service IP, sending response';
      expect(await heard(the().speakers, { msg })).toEqual({
        ...SPEAKER,
        level: 'debug',
        interface: 'eth0',
        ip: '192.0.2.100',
        senderIP: the().client.address,
        senderMAC: the().client.mac,
        responseMAC: mac,
        msg,
      });
    });
  });
}
