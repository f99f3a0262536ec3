import { pathToFileURL } from 'node:url';
import { flood } from './gossip/flood.js';
import { throughput } from './gossip/throughput.js';
import { table } from './load.js';

const { GOSSIP_INPUTS = '1000000', GOSSIP_SEED = '20220706' } = process.env;
/** Heap that may be more at the end than after the first tenth of the inputs. */
const GROWTH_LIMIT = 32 * 2 ** 20;

const MIB = 2 ** 20;
const listed = (counts) =>
  [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, times]) => `${name} ${times.toLocaleString('en')}`)
    .join(', ');

/** Bad input to the wire and to a member; and what reading and writing cost. */
export async function benchGossip() {
  const seen = await flood(Number(GOSSIP_INPUTS), Number(GOSSIP_SEED));
  const [early, late] = [seen.heaps[0], seen.heaps.at(-1)];
  if (late - early > GROWTH_LIMIT) {
    throw new Error(`the heap grew by ${((late - early) / MIB).toFixed(1)} MiB`);
  }
  const passed = seen.headers / seen.inputs;
  if (passed < 0.5) throw new Error(`only ${(passed * 100).toFixed(0)} % passed the first check`);
  const rows = [
    ['inputs', `${seen.inputs.toLocaleString('en')}, seed ${GOSSIP_SEED}`],
    ['past the first header check', `${(passed * 100).toFixed(0)} %`],
    ['exceptions', '0'],
    ['messages read', listed(seen.messages)],
    ['dropped from datagrams', listed(seen.drops)],
    ['streams refused', listed(seen.refusals)],
    ['states of members, each thousandth input', listed(seen.states)],
    ['what the member did', listed(seen.effects)],
    ['refutations', seen.refutations.toLocaleString('en')],
    ['members known, at most', String(seen.members)],
    [
      'processor time of an input: mean, slowest',
      `${(seen.spent / seen.inputs).toFixed(1)} µs, ${(seen.slowest / 1000).toFixed(1)} ms`,
    ],
    [
      'heap after a tenth, at the end',
      [early, late].map((octets) => `${(octets / MIB).toFixed(1)} MiB`).join(', '),
    ],
  ];
  const costs = await throughput();
  return {
    title: 'Gossip: bad input, and the cost of the wire',
    markdown: `Ten members, one after another, hear generated datagrams (three of four) and streams, one each virtual millisecond: noise, messages of 40 members, damaged before and after they were sealed, bombs, other keys and labels.\n\n${table(['', 'reached'], rows)}\n\n${table(['wire', 'per operation', 'beside JSON'], costs)}`,
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log((await benchGossip()).markdown);
}
