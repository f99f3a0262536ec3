// What routes cost that are kept for many peers: tables.js ROUTES PEERS, a line of JSON. Bundled and run with the flags of the
// speaker and --expose-gc; peers that read are those that take all there is, whenever there is something.
import { readLegacyConfig } from '../../src/config-legacy/index.ts';
import { BgpSpeaker } from '../../src/runtime/bgp/index.ts';
import { SystemClock } from '../../src/runtime/platform/index.ts';
import { addressOf } from './addresses.js';

const [routes, peers] = process.argv.slice(2).map(Number);
const MB = 1000 * 1000;
/** What a session asks for at once. */
const PORTION = 16 * 1024;
const ignore = () => undefined;
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const logger = { ...silent, enabled: () => false, with: () => logger };
const AGREED = { asnOctets: 4, families: { ipv4: true, ipv6: false } };

const outlets = [];
const steps = [];
const figures = { routes, peers, steps };
let octets = 0;
const readAll = () => {
  for (const outlet of outlets) {
    for (let next = outlet.next(PORTION); next; next = outlet.next(PORTION)) octets += next.length;
  }
};

const system = new SystemClock();
let pending = 0;
let longest = 0;
/** Knows what is yet to be done, and how long the main loop does nothing else. */
const clock = {
  now: () => system.now(),
  epochMillis: () => system.epochMillis(),
  after: (delay, fire) => {
    const timer = { waits: true };
    const leave = () => {
      if (timer.waits) pending -= 1;
      timer.waits = false;
    };
    pending += 1;
    const running = system.after(delay, () => {
      leave();
      timed(fire);
    });
    return {
      [Symbol.dispose]: () => {
        leave();
        running[Symbol.dispose]();
      },
    };
  },
};

function timed(work) {
  const before = performance.now();
  work();
  longest = Math.max(longest, performance.now() - before);
}

/** Milliseconds that the main loop does nothing else at a time, and until all is done; and memory then. */
async function step(name, work) {
  longest = 0;
  const before = performance.now();
  timed(work);
  while (pending > 0) await new Promise((resolve) => setImmediate(resolve));
  const allMs = performance.now() - before;
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  steps.push({ name, ms: longest, allMs, rssMB: rss / MB, heapMB: heapUsed / MB });
}

function configurationOf(community) {
  const neighbors = Array.from(
    { length: peers },
    (_, index) => `- {peer-address: 203.0.113.${index + 1}, peer-asn: 64513, my-asn: 64512}\n`,
  );
  const pools = `address-pools:\n- name: default\n  protocol: bgp\n  addresses: [198.18.0.0/15]\n`;
  const ads = `  bgp-advertisements: [{communities: ['64512:${community}']}]\n`;
  const rules = { mode: 'native', compat: 'v0.12' };
  return readLegacyConfig(`peers:\n${neighbors.join('')}${pools}${ads}`, rules).config;
}

const announced = (index, address = index) => ({
  service: `default/s${index}`,
  pool: 'default',
  addresses: [addressOf(address)],
});

const speaker = new BgpSpeaker(
  { mode: 'native', compat: 'v0.12' },
  {
    clock,
    logger,
    withheld: ignore,
    open: (session, outlet) => {
      outlets.push(outlet);
      return { update: ignore, pull: ignore, close: () => Promise.resolve() };
    },
  },
);
const everyRoute = (work) => {
  for (let index = 0; index < routes; index += 1) work(index);
};
const establish = () => {
  for (const outlet of outlets) outlet.established(AGREED, '192.0.2.1');
};

await step('begin', ignore);
speaker.place({ labels: {}, addresses: {} });
const [first, same, other] = [configurationOf(1), configurationOf(1), configurationOf(2)];
await step('configure', () => speaker.configure(first));
await step('announce', () => everyRoute((index) => speaker.announce(announced(index))));
await step('establish', establish);
await step('send', readAll);
figures.octets = octets;
await step('same configuration', () => speaker.configure(same));
await step('another community', () => speaker.configure(other));
await step('send it', readAll);
await step('one Service more', () => speaker.announce(announced(routes)));
await step('nobody reads', () => {
  for (let round = 0; round < 2; round += 1) {
    everyRoute((index) => speaker.withdraw(`default/s${index}`));
    everyRoute((index) => speaker.announce(announced(index)));
    speaker.configure(round % 2 === 0 ? first : other);
  }
});
await step('all read', readAll);
await speaker.stop({ subcode: 'administrativeShutdown', reason: undefined });
console.log(JSON.stringify(figures));
