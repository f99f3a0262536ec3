// All BGP of metal-speaker in a process of its own, without a cluster: wired as the program is, told what to announce on
// standard input. host.js PEER LOCAL_AS PEER_AS; lines `announce FIRST COUNT`, `connect`; answers `done` on standard error.
import { createInterface } from 'node:readline';
import { readLegacyConfig } from '../../src/config-legacy/index.ts';
import { localInterfaces } from '../../src/runtime/bin/daemon/bgp/interfaces.ts';
import { makeBgp } from '../../src/runtime/bin/daemon/bgp/speaking.ts';
import { Registry, bfdMetrics, bgpMetrics } from '../../src/runtime/metrics/index.ts';
import {
  JsonLogger,
  SystemClock,
  SystemRandom,
  TcpDialer,
} from '../../src/runtime/platform/index.ts';
import { addressOf } from './addresses.js';

const [peer, localAsn, peerAsn, mode = 'native'] = process.argv.slice(2);
const ignore = () => undefined;
const clock = new SystemClock();
const rules = { mode, compat: 'v0.12' };
const register = new Registry();
const series = bgpMetrics(register, rules);
const { speaker, placed } = makeBgp(
  { ...rules, node: 'bench', flags: { gracefulRestart: 0, drain: 0 } },
  {
    clock,
    random: new SystemRandom(),
    logger: new JsonLogger({ stream: process.stdout, clock, threshold: 'info', caller: 'bench' }),
    events: { record: ignore },
    dialer: new TcpDialer(clock),
    makeBfd: () => {
      throw new Error('nobody asked for BFD');
    },
    interfaces: localInterfaces,
    observe: (session) => series.of(session),
    bfdObserver: bfdMetrics(register, rules.compat),
    withheld: ignore,
  },
);
placed({ name: 'bench', labels: {}, networkUnavailable: false, addresses: [] });

const orders = {
  announce: (first, count) => {
    for (let index = first; index < first + count; index += 1) {
      speaker.announce({
        service: `default/s${index}`,
        pool: 'default',
        addresses: [addressOf(index)],
      });
    }
  },
  connect: () => {
    const peers = `peers:\n- {peer-address: ${peer}, peer-asn: ${peerAsn}, my-asn: ${localAsn}}\n`;
    const pools = 'address-pools:\n- {name: default, protocol: bgp, addresses: [198.18.0.0/15]}\n';
    speaker.configure(readLegacyConfig(`${peers}${pools}`, rules).config);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [order, ...numbers] = line.split(' ');
  orders[order](...numbers.map(Number));
  process.stderr.write('done\n');
}
await speaker.stop({ subcode: 'administrativeShutdown', reason: undefined });
