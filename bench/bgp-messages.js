import { pathToFileURL } from 'node:url';
import { flood } from './bgp/flood.js';
import { table } from './load.js';

const { BGP_INPUTS = '1000000', BGP_SEED = '20220706' } = process.env;
/** Heap that may be more at the end than after the first tenth of the messages. */
const GROWTH_LIMIT = 8 * 2 ** 20;
const STATES = ['idle', 'connect', 'openSent', 'openConfirm', 'established'];
const EVENTS = ['open', 'update', 'notification', 'keepalive', 'routeRefresh', 'malformed'];

const MIB = 2 ** 20;
const number = (count) => count.toLocaleString('en');
const listed = (counts) =>
  [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, times]) => `${name} ${number(times)}`)
    .join(', ');

/** Bad input to the codec, to the state machine and to whole sessions. */
export async function benchBgpMessages() {
  const progress = (done) => console.error(`${number(done)} messages`);
  const seen = await flood(Number(BGP_INPUTS), Number(BGP_SEED), progress);
  check(seen);
  const early = seen.heaps[1];
  const late = seen.heaps.at(-1);
  const rows = [
    ['messages', `${number(seen.inputs)}, seed ${BGP_SEED}`],
    ['past the check of the header', `${((100 * seen.headers) / seen.inputs).toFixed(0)} %`],
    ['exceptions', '0'],
    ['read as', listed(seen.types)],
    ['attributes of UPDATEs that were read', listed(seen.attributes)],
    ['faults of UPDATEs by severity', listed(seen.severities)],
    ['refused by the codec, by code and subcode', listed(seen.errors)],
    ['NOTIFICATIONs of the sessions', listed(seen.sent)],
    ['states come to by the sessions', listed(seen.states)],
    ['what the state machine did', listed(seen.done)],
    ['timers set at the same time', `${seen.largest} at the most`],
    [
      'processor time of a message: mean, slowest',
      `${(seen.spent / seen.inputs).toFixed(1)} µs, ${(seen.slowest / 1000).toFixed(1)} ms`,
    ],
    [
      'heap after a tenth, at the end',
      [early, late].map((octets) => `${(octets / MIB).toFixed(1)} MiB`).join(', '),
    ],
  ];
  const others = [...seen.heard.keys()].map((name) => name.split(' ')[1]);
  const asides = [...new Set(others)].filter((event) => !EVENTS.includes(event)).sort();
  const grid = (counts, events) =>
    table(
      ['state', ...events],
      STATES.map((state) => [
        state,
        ...events.map((event) => number(counts.get(`${state} ${event}`) ?? 0)),
      ]),
    );
  return {
    title: 'BGP: bad input',
    markdown: [
      'Messages of all types, most of them damaged as fuzzers of routers damage them, and those that ended other daemons (CVE-2022-40302, -40318, -43681, CVE-2023-46752, VU#347067) among them. Each is read and given to the state machine alone, and again to a whole session as octets of a stream, in pieces of all sizes. The peer does as it should until some state and then says it; half of the sessions are with another AS.',
      table(['', 'reached'], rows),
      'What the state machine heard, by state:',
      grid(seen.heard, [...EVENTS, ...asides]),
      'What whole sessions heard past the header, by state:',
      grid(seen.streamed, EVENTS.slice(0, -1)),
    ].join('\n\n'),
  };
}

/** What would make the figures worth nothing. */
function check({ heaps, headers, inputs, heard, streamed }) {
  const growth = heaps.at(-1) - heaps[1];
  if (growth > GROWTH_LIMIT) throw new Error(`the heap grew by ${(growth / MIB).toFixed(1)} MiB`);
  if (headers / inputs < 0.45) throw new Error('fewer than half passed the check of the header');
  for (const state of STATES.slice(2)) {
    const missing = EVENTS.filter((event) => !heard.has(`${state} ${event}`));
    const unheard = EVENTS.slice(0, -1).filter((event) => !streamed.has(`${state} ${event}`));
    if (missing.length + unheard.length > 0) {
      throw new Error(`never in ${state}: ${[...missing, ...unheard].join(', ')}`);
    }
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log((await benchBgpMessages()).markdown);
}
