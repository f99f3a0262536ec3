import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, never } from '../../../cluster/index.ts';
import { RouteWatch } from './route-watch.ts';
import { ProgramSite } from './site.ts';

const CONFIG = `
peers:
- {my-asn: 64512, peer-asn: 64513, peer-address: 192.0.2.60, bfd-profile: fast}
bfd-profiles:
- {name: fast, receive-interval: 300, transmit-interval: 300}
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24]
`;
const BFD = { receive: 300, transmit: 300, multiplier: 3 };
const ADDRESS = '203.0.113.0';

let site: ProgramSite;
let watch: RouteWatch;

beforeAll(async () => {
  site = await ProgramSite.open({ neighbor: { bfd: BFD } });
  const { stage, host } = site;
  await stage.edit('daemonsets/speaker', ({ args = [], env = [] }) => ({
    args: [...args, '--bgp-graceful-restart=2m'],
    env: [...env, { name: 'METALLB_BGP_TYPE', value: 'frr' }],
  }));
  await stage.configure(CONFIG);
  await stage.start();
  const spec = { selector: { app: 'web' }, externalTrafficPolicy: 'Local' };
  await stage.services.create('web', { spec });
  watch = new RouteWatch(host, join(stage.plane.dir, 'routes'));
});

afterAll(async () => {
  await watch.stop();
  await site.close();
});

/** The router knows all that the first speaker has, and watches it. */
async function settled(lives: number): Promise<void> {
  const { address } = site.stage.nodes[0];
  const end = `rcvd End-of-RIB for IPv4 Unicast from ${address}`;
  await eventually('the router was told all', () => site.router.log().split(end).length > lives);
  await eventually('BFD is up', () => site.router.bfdUp(address));
  await site.paths(`${ADDRESS}/32 11`);
}

test.each([
  ['SIGTERM', 1],
  ['SIGKILL', 2],
] as const)(
  'routes outlast a restart after %s, though BFD sees the speaker go',
  async (signal, lives) => {
    const [first] = site.stage.nodes;
    await settled(lives);
    const mark = watch.mark;
    await site.stage.speakerOn(first).stop(signal);
    await eventually('BFD is down', async () => !(await site.router.bfdUp(first.address)));
    await never(
      'a route that goes while the speaker is away',
      async () => (await site.router.routes('ipv4')).length !== 1,
      1000,
    );
    await site.stage.startSpeaker(first);
    await settled(lives + 1);
    expect(watch.removed(ADDRESS, mark)).toEqual([]);
  },
);
