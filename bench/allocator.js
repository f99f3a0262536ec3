import { load, median, table } from './load.js';

const OPERATIONS = 20_000;

/** Mean microseconds of one operation, median of five rounds. */
function microseconds(work) {
  const rounds = [];
  for (let round = 0; round < 6; round += 1) {
    const start = performance.now();
    for (let count = 0; count < OPERATIONS; count += 1) work(count);
    rounds.push(((performance.now() - start) * 1000) / OPERATIONS);
  }
  return median(rounds.slice(1));
}

/** A set of `2^bits` slots of which one in a hundred is free, spread evenly, as far as `holes` reach. */
function nearlyFull(SlotSet, bits, holes) {
  const capacity = 1n << BigInt(bits);
  const set = new SlotSet(capacity);
  set.addRange(0n, capacity - 1n);
  const step = capacity / BigInt(holes);
  for (let hole = 0n; hole < BigInt(holes); hole += 1n) set.delete(hole * step + 97n);
  return set;
}

/** Finding, taking and giving back the lowest free address; against the same in a pool of 256, all free. */
export async function benchAllocator() {
  const { SlotSet } = await load('src/runtime/allocator/slot-set.ts');
  const cycle = (set) =>
    microseconds(() => {
      const slot = set.lowestAbsent();
      set.add(slot);
      set.delete(slot);
    });
  const small = cycle(new SlotSet(256n));
  const cases = [
    ['IPv4 /24, empty', small],
    ['IPv4 /8, 99 % full, 167,772 holes', cycle(nearlyFull(SlotSet, 24, 167_772))],
    ['IPv6 /64, nearly full, 100,000 holes', cycle(nearlyFull(SlotSet, 64, 100_000))],
    ['IPv6 /64, empty', cycle(new SlotSet(1n << 64n))],
  ];
  const rows = cases.map(([name, time]) => [
    name,
    `${time.toFixed(2)} µs`,
    (time / small).toFixed(1),
  ]);
  const { perService, bytes } = await memory();
  return {
    title: 'Allocator: find the lowest free address, take it, give it back',
    markdown: `${table(['pool', 'per cycle', 'ratio'], rows)}\n\n20,000 Services allocated one after another from a /8: ${perService.toFixed(1)} µs and ${bytes.toFixed(0)} octets of heap each, whatever the size of the pool.`,
  };
}

async function memory() {
  const { Allocator } = await load('src/runtime/allocator/index.ts');
  const { parsePrefix } = await load('src/runtime/net/index.ts');
  const allocator = new Allocator('v0.12');
  const pool = { name: 'all', autoAssign: true, avoidBuggyIPs: false, layer2: [], bgp: [] };
  allocator.setPools([{ ...pool, cidrs: [parsePrefix('10.0.0.0/8')] }]);
  const before = process.memoryUsage().heapUsed;
  const start = performance.now();
  for (let index = 0; index < OPERATIONS; index += 1) {
    const claim = {
      service: `default/s${index}`,
      sharingKey: '',
      backendKey: '',
      ports: ['TCP/80'],
    };
    if (allocator.allocate(claim, 'ipv4').kind !== 'leased') throw new Error('refused');
  }
  const perService = ((performance.now() - start) * 1000) / OPERATIONS;
  return { perService, bytes: (process.memoryUsage().heapUsed - before) / OPERATIONS };
}
