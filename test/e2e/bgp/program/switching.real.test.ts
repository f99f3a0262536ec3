import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningProgram, eventually } from '../../../cluster/index.ts';
import { CustomResources } from '../../resources/custom-resources.ts';
import { RouteWatch } from './route-watch.ts';
import { type FrrNeighbor, ProgramSite } from './site.ts';

const ROUNDS = 5;
const PASSWORD = 'not-to-be-shown';
const AGREE = 'metallb_config_sources_agree';
const PEER = `
- my-asn: 64512
  peer-asn: 64513
  peer-address: 192.0.2.60
  hold-time: 30s
  keepalive-time: 5s
  password: ${PASSWORD}
  bfd-profile: fast
`;
const POOL = `
- name: default
  protocol: bgp
  addresses: [203.0.113.0/25, '2001:db8:ffff::/120']
  bgp-advertisements:
  - {aggregation-length: 32, localpref: 100, communities: ['64512:7']}
`;
const BFD = `
bfd-profiles:
- {name: fast, receive-interval: 300, transmit-interval: 300, detect-multiplier: 5}
`;
const CONFIG = `peers:${PEER}address-pools:${POOL}${BFD}`;
const PREFIXES = ['203.0.113.0/32', '2001:db8:ffff::/128'];
const PATHS = PREFIXES.flatMap((prefix) => [`${prefix} 11`, `${prefix} 12`]);

let site: ProgramSite;
let resources: CustomResources;
let watch: RouteWatch;

beforeAll(async () => {
  site = await ProgramSite.open({
    neighbor: { password: PASSWORD, bfd: { receive: 300, transmit: 300, multiplier: 5 } },
  });
  const { stage } = site;
  resources = await CustomResources.install(stage.plane);
  await resources.grant();
  for (const [index, { name, address }] of stage.nodes.entries()) {
    const addresses = [address, `2001:db8::1${index + 1}`].map((each) => {
      return { type: 'InternalIP', address: each };
    });
    await stage.plane.admin.patch(`/api/v1/nodes/${name}/status`, { status: { addresses } });
  }
  await stage.edit('daemonsets/speaker', ({ env = [] }) => ({
    env: [...env, { name: 'METALLB_BGP_TYPE', value: 'frr' }],
  }));
  await stage.configure(CONFIG);
  await stage.start();
  await stage.services.create('web', {
    spec: {
      selector: { app: 'web' },
      ...{ ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] },
    },
  });
  await site.paths(...PATHS);
  for (const { address } of stage.nodes) {
    await eventually(`BFD with ${address} is up`, () => site.router.bfdUp(address));
  }
  watch = new RouteWatch(site.host, join(stage.plane.dir, 'routes'));
});

afterAll(async () => {
  await watch.stop();
  await site.close();
});

function programs(): readonly RunningProgram[] {
  return [site.stage.controller, ...site.stage.speakers.values()];
}

/** Waits until every program shows the gauge with this value, or does not show it. */
async function agreement(value: 0 | 1 | undefined): Promise<void> {
  for (const program of programs()) {
    await eventually(
      `the sources ${value === 1 ? 'agree' : 'differ or are alone'}`,
      async () => (await program.metrics()).get(AGREE) === value || undefined,
    );
  }
}

async function applyResources(): Promise<void> {
  await resources.createPassword('spine', PASSWORD);
  await resources.create('IPAddressPool', 'default', {
    addresses: ['203.0.113.0/25', '2001:db8:ffff::/120'],
  });
  await advertise();
  await resources.create('BFDProfile', 'fast', {
    ...{ receiveInterval: 300, transmitInterval: 300, detectMultiplier: 5 },
  });
  await resources.create('BGPPeer', 'spine', {
    ...{ myASN: 64_512, peerASN: 64_513, peerAddress: '192.0.2.60' },
    ...{ holdTime: '30s', keepaliveTime: '5s', bfdProfile: 'fast' },
    passwordSecret: { name: 'spine' },
  });
}

async function advertise(): Promise<void> {
  await resources.create('BGPAdvertisement', 'default', {
    ...{ ipAddressPools: ['default'], localPref: 100, communities: ['64512:7'] },
  });
}

/** What would tell that a session was reset, or that a route was sent again or withdrawn. */
async function lives(): Promise<readonly object[]> {
  const found: object[] = [];
  for (const { address } of site.stage.nodes) {
    const { connectionsEstablished, connectionsDropped, messageStats }: FrrNeighbor =
      await site.neighbor(address);
    const { opensRecv, updatesRecv } = messageStats;
    const bfd = await site.router.bfdUp(address);
    found.push({ connectionsEstablished, connectionsDropped, opensRecv, updatesRecv, bfd });
  }
  return found;
}

/** Does something that must not be noticed by the router. */
async function unnoticed(change: () => Promise<void>): Promise<void> {
  const before = await lives();
  const mark = watch.mark;
  await change();
  await site.paths(...PATHS);
  expect(await lives()).toEqual(before);
  for (const prefix of PREFIXES) {
    expect(watch.removed(prefix.replace(/\/\d+$/, ''), mark)).toEqual([]);
  }
}

test('resources that say the same as the ConfigMap reset no session and withdraw no route', async () => {
  await unnoticed(async () => {
    await applyResources();
    await agreement(1);
  });
});

test(`nobody notices ${ROUNDS} switches there and back`, async () => {
  await unnoticed(async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await resources.delete('BGPAdvertisement', 'default');
      await agreement(0);
      await advertise();
      await agreement(1);
    }
  });
});

test('another pool and another peer are nothing to the sessions that are up', async () => {
  const pool = `
- name: other
  protocol: bgp
  auto-assign: false
  addresses: [198.51.100.0/24]
`;
  const peer = `
- {my-asn: 64512, peer-asn: 64514, peer-address: 192.0.2.99, hold-time: 30s}
`;
  await unnoticed(async () => {
    await site.stage.configure(
      `peers:${PEER.trimEnd()}${peer}address-pools:${POOL.trimEnd()}${pool}${BFD}`,
    );
    await agreement(0);
    for (const speaker of site.stage.speakers.values()) {
      await eventually('the other peer is tried', () =>
        speaker.lines().some((line) => line['peer'] === '192.0.2.99'),
      );
    }
    await site.stage.configure(CONFIG);
    await agreement(1);
  });
});

test('what can be taken over while a session is up is taken over', async () => {
  await unnoticed(async () => {
    await site.stage.configure(
      CONFIG.replace('keepalive-time: 5s', 'keepalive-time: 4s').replace(
        'detect-multiplier: 5',
        'detect-multiplier: 6',
      ),
    );
    await agreement(0);
    await eventually('BFD has the other multiplier', async () => {
      const peers = JSON.parse(await site.router.command('show bfd peers json')) as {
        'remote-detect-multiplier': number;
      }[];
      return peers.every((each) => each['remote-detect-multiplier'] === 6);
    });
    await site.stage.configure(CONFIG);
    await agreement(1);
  });
});

test('sessions outlast the ConfigMap, which is not needed any more', async () => {
  await unnoticed(async () => {
    await site.stage.configure(undefined);
    await agreement(undefined);
  });
  const said = programs().map((program) => program.output());
  expect(said.join('\n')).not.toContain(PASSWORD);
});

test('another password is a session anew, and no other change is', async () => {
  const { nodes, plane } = site.stage;
  const before = await Promise.all(nodes.map(({ address }) => site.neighbor(address)));
  const path = '/api/v1/namespaces/metallb-system/secrets/spine';
  await plane.admin.patch(path, { stringData: { password: 'another' } });
  // The router is told last: it may take a call by the old password while it changes it.
  for (const [index, { address }] of nodes.entries()) {
    await eventually(`${address} has ended its session`, async () => {
      const { connectionsDropped } = await site.neighbor(address);
      return connectionsDropped === before[index]!.connectionsDropped + 1 || undefined;
    });
  }
  const passwords = nodes.map(({ address }) => `neighbor ${address} password another`);
  await site.router.command('configure terminal', 'router bgp 64513', ...passwords);
  await site.paths(...PATHS);
  const after = await Promise.all(nodes.map(({ address }) => site.neighbor(address)));
  expect(after).toMatchObject(
    before.map(({ connectionsEstablished, connectionsDropped }) => {
      return {
        connectionsEstablished: connectionsEstablished + 1,
        connectionsDropped: connectionsDropped + 1,
      };
    }),
  );
});
