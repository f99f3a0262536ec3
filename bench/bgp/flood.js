import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { load } from '../load.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const heap = () => {
  collect();
  return process.memoryUsage().heapUsed;
};

/** Pairs of sessions that share the messages, one with another AS and one within: what one of them kept goes with it. */
const LIVES = 10;
const ATTRIBUTES = new Map([
  ...[
    [1, 'ORIGIN'],
    [2, 'AS_PATH'],
    [3, 'NEXT_HOP'],
    [4, 'MULTI_EXIT_DISC'],
    [5, 'LOCAL_PREF'],
  ],
  ...[
    [6, 'ATOMIC_AGGREGATE'],
    [7, 'AGGREGATOR'],
    [8, 'COMMUNITIES'],
    [9, 'ORIGINATOR_ID'],
  ],
  ...[
    [10, 'CLUSTER_LIST'],
    [14, 'MP_REACH_NLRI'],
    [15, 'MP_UNREACH_NLRI'],
  ],
  ...[
    [16, 'EXTENDED COMMUNITIES'],
    [17, 'AS4_PATH'],
    [18, 'AS4_AGGREGATOR'],
  ],
  [32, 'LARGE_COMMUNITY'],
]);

/**
 * Messages, whole and damaged, heard by codec and state machine one by one, and by a whole session as a stream in pieces.
 * Throws what they throw.
 */
export async function flood(inputs, seed, progress) {
  const { SeededRandom } = await load('test/support/seeded-random.ts');
  const { mutatedMessages } = await load('test/support/bgp/mutated-messages.ts');
  const { attributePositions } = await load('test/support/bgp/valid-messages.ts');
  const { HeckledMachine } = await load('test/support/bgp/heckled-machine.ts');
  const { HeckledSession } = await load('test/support/bgp/heckled-session.ts');
  const { PEER_OPEN, SETTINGS } = await load('test/support/bgp/peering-scene.ts');
  const { checkHeader } = await load('src/runtime/bgp/wire/header.ts');
  const { decodeMessage } = await load('src/runtime/bgp/wire/decode.ts');
  const { Tally } = await load('test/support/bgp/tally.ts');

  const random = new SeededRandom(seed);
  const messages = mutatedMessages(random);
  const names = [
    'types',
    'attributes',
    'errors',
    'severities',
    'heard',
    'done',
    'streamed',
    'sent',
  ];
  const reached = Object.fromEntries([...names, 'states'].map((name) => [name, new Tally()]));
  const begin = () => {
    const within = {
      settings: { ...SETTINGS, localAsn: SETTINGS.peerAsn },
      open: { ...PEER_OPEN, capabilities: [...PEER_OPEN.capabilities, { kind: 'routeRefresh' }] },
    };
    return [{ settings: SETTINGS, open: PEER_OPEN }, within].map(({ settings, open }) => ({
      machine: new HeckledMachine(settings, open, random),
      session: new HeckledSession(settings, open, random),
    }));
  };
  const end = (pair) => {
    for (const { machine, session } of pair) {
      add(reached.heard, machine.heard);
      add(reached.done, machine.done);
      add(reached.streamed, session.heard);
      add(reached.sent, session.sent);
      add(reached.states, session.states);
    }
  };

  const tell = (decoded, octets) => {
    reached.types.add(decoded.type);
    if (decoded.type === 'malformed') {
      reached.errors.add(`${decoded.error.code}/${decoded.error.subcode}`);
    }
    if (decoded.type !== 'update') return;
    for (const at of attributePositions(octets)) {
      reached.attributes.add(ATTRIBUTES.get(octets[at + 1]) ?? 'others');
    }
    for (const { severity } of decoded.faults) reached.severities.add(severity);
  };

  let [pair, headers, slowest, spent, largest] = [begin(), 0, 0, 0, 0];
  const heaps = [heap()];
  for (let input = 0; input < inputs; input += 1) {
    const octets = messages.next().value;
    if (octets.length >= 19 && checkHeader(octets) === octets.length) headers += 1;
    const { machine, session } = pair[input % 2];

    const start = process.cpuUsage();
    const decoded = decodeMessage(octets, machine.dialect);
    machine.hear(decoded);
    session.hear(octets);
    const { user, system } = process.cpuUsage(start);
    slowest = Math.max(slowest, user + system);
    spent += user + system;
    tell(decoded, octets);

    if ((input + 1) % Math.ceil(inputs / LIVES) === 0) {
      heaps.push(heap());
      largest = Math.max(largest, pair[0].session.clock.pending);
      end(pair);
      pair = begin();
      progress(input + 1);
    }
  }
  const counts = Object.entries(reached).map(([name, tally]) => [name, tally.counts]);
  return { ...Object.fromEntries(counts), inputs, headers, slowest, spent, heaps, largest };
}

function add(sum, { counts }) {
  for (const [name, count] of counts) sum.counts.set(name, (sum.counts.get(name) ?? 0) + count);
}
