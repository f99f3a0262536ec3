import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { load } from '../load.js';
import { MEMBERS, endpointOf, generator, nodeOf, seeded } from './generate.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const heap = () => {
  collect();
  return process.memoryUsage().heapUsed;
};

/** First octets that a datagram, or a stream, can have in a ring; before the label, and the label right. */
function passesHeader(octets, { keys, label }, types) {
  const text = Buffer.from(label);
  const header = label === '' ? [] : [244, text.length, ...text];
  if (!header.every((octet, index) => octets[index] === octet)) return false;
  const rest = octets.subarray(header.length);
  if (keys === undefined) return types.includes(rest[0]);
  return types === STREAM_TYPES ? rest[0] === 10 : rest[0] <= 1 && rest.length >= 29;
}
const DATAGRAM_TYPES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12];
const STREAM_TYPES = [0, 2, 6, 8, 9, 13];

/** Members that share the inputs: what one of them was told goes with it. */
const LIVES = 10;

const count = (counts, key, times = 1) => counts.set(key, (counts.get(key) ?? 0) + times);

/**
 * Members of a ring, one after another, that hear `inputs` generated datagrams and streams, one each virtual millisecond.
 * Throws what a member throws.
 */
export async function flood(inputs, seed) {
  const { openDatagram, sealDatagram } = await load('src/runtime/gossip/protocol/datagram.ts');
  const { StreamReader } = await load('src/runtime/gossip/protocol/stream/reader.ts');
  const { createSwim } = await load('src/runtime/gossip/swim/create.ts');
  const { LAN, FAST } = await load('src/runtime/gossip/swim/timing.ts');
  const random = seeded(seed);
  const generate = await generator(random);
  const begin = () =>
    createSwim({
      node: nodeOf(0),
      endpoint: endpointOf(0),
      features: { fast: false, macs: [] },
      timing: LAN,
      fastTiming: FAST,
      overhead: 0,
      random,
      now,
    });
  const reached = {
    messages: new Map(),
    drops: new Map(),
    refusals: new Map(),
    states: new Map(),
    effects: new Map(),
  };
  let now = 0;
  let swim = begin();
  let [headers, refutations, slowest, spent] = [0, 0, 0, 0];
  const answers = [];

  const perform = (effects) => {
    for (const effect of effects) {
      count(reached.effects, effect.type === 'event' ? effect.event.type : effect.type);
      if (effect.type === 'log' && effect.msg.includes('Refuting')) refutations += 1;
      if (effect.type === 'send') answer(effect);
      if (effect.type === 'exchange') {
        perform(swim.exchangeFailed(effect.with, 'connection refused', now));
      }
      if (effect.type === 'probeStream') perform(swim.streamProbed(effect.seqNo, 'failed', now));
    }
  };

  /** What it sends can be read, and half of its probes are answered. */
  const answer = ({ to, messages, checksum }) => {
    const octets = sealDatagram(messages, { label: '', checksum, random });
    const opened = openDatagram(octets, { label: '' });
    if (opened.messages.length !== messages.length) throw new Error('it says what cannot be read');
    for (const { type, seqNo } of messages) {
      if (type === 'ping' && random.below(2) === 0) {
        answers.push({ message: { type: 'ack', seqNo }, from: to });
      }
    }
  };

  const hearDatagram = (octets, ring) => {
    const { messages, dropped } = openDatagram(octets, ring);
    for (const { type } of messages) count(reached.messages, type);
    for (const reason of dropped) count(reached.drops, reason);
    const from = endpointOf(random.below(MEMBERS));
    for (const message of messages) perform(swim.receive(message, from, now));
  };

  const hearStream = (octets, ring) => {
    const reader = new StreamReader({ ...ring, side: 'accepting' });
    const cut = random.below(octets.length + 1);
    reader.feed(octets.subarray(0, cut));
    const outcome = reader.feed(octets.subarray(cut)) ?? reader.end();
    if (outcome.kind === 'refused') {
      count(reached.refusals, outcome.reason);
      return;
    }
    const { message } = outcome;
    count(reached.messages, `${message.type} (stream)`);
    if (message.type !== 'pushPull') return;
    perform(swim.merge(message.records, endpointOf(1), message.join, now));
  };

  const heaps = [];
  let members = 0;
  for (let input = 0; input < inputs; input += 1) {
    const { ring, streamed, octets } = generate.next();
    if (passesHeader(octets, ring, streamed ? STREAM_TYPES : DATAGRAM_TYPES)) headers += 1;

    const start = process.cpuUsage();
    if (streamed) hearStream(octets, ring);
    else hearDatagram(octets, ring);
    const { user, system } = process.cpuUsage(start);
    slowest = Math.max(slowest, user + system);
    spent += user + system;

    now += 1;
    for (const { message, from } of answers.splice(0)) perform(swim.receive(message, from, now));
    while (swim.next <= now) perform(swim.tick(now));
    if (input % 1000 === 0) for (const { state } of swim.records()) count(reached.states, state);
    if ((input + 1) % Math.ceil(inputs / LIVES) === 0) {
      members = Math.max(members, swim.records().length);
      heaps.push(heap());
      swim = begin();
      generate.renew();
    }
  }
  return { ...reached, inputs, headers, refutations, slowest, spent, heaps, members };
}
