import { load } from '../load.js';

export const MEMBERS = 40;
const SECRETS = ['q7bGmCw4bTVsZ8QkT1xYpA', 'another'];

/** mulberry32, as the ports have randomness. */
export function seeded(seed) {
  let state = seed;
  const float = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(float() * limit);
  const bytes = (length) => Uint8Array.from({ length }, () => below(256));
  return { float, below, bytes, pick: (list) => list[below(list.length)] };
}

export const nodeOf = (index) => `worker-${index}`;
export const endpointOf = (index) => ({ address: `192.0.2.${index + 1}`, port: 7946 });

/** Messages, datagrams and streams as members send them, and as broken ones and strangers would. */
export async function generator(random) {
  const { sealDatagram } = await load('src/runtime/gossip/protocol/datagram.ts');
  const containers = await load('src/runtime/gossip/protocol/container.ts');
  const { encodeMessage } = await load('src/runtime/gossip/protocol/codec.ts');
  const { Keyring, deriveKey } = await load('src/runtime/gossip/protocol/keyring.ts');
  const { encodeStream } = await load('src/runtime/gossip/protocol/stream/encode.ts');
  const { Secret } = await load('src/runtime/model/index.ts');
  const [keys, others] = SECRETS.map((text) => new Keyring([deriveKey(new Secret(text), 16)]));
  const bombs = [300_000, 2_000_000].map((size) =>
    containers.encodeCompressed(new Uint8Array(size).fill(8)),
  );
  const rings = [
    ...Array.from({ length: 5 }, () => ({ keys: undefined, label: '' })),
    { keys, label: '' },
    { keys, label: 'blue' },
    { keys: undefined, label: 'blue' },
  ];

  /** Rises, as those of a ring that lives for long. */
  let age = 0;
  const incarnation = () => Math.floor(age / 500) + random.below(40);
  const versions = [1, 5, 2, 0, 0, 0];
  const member = () => random.below(MEMBERS);

  function claim() {
    const index = member();
    const node = nodeOf(index);
    const type = random.pick(['alive', 'alive', 'suspect', 'dead']);
    if (type !== 'alive') {
      const from = random.below(3) === 0 ? node : nodeOf(member());
      return { type, incarnation: incarnation(), node, from };
    }
    const meta = random.below(8) === 0 ? random.bytes(random.below(30)) : new Uint8Array();
    const endpoint = endpointOf(random.below(50) === 0 ? member() : index);
    return { type, incarnation: incarnation(), node, endpoint, meta, versions };
  }

  function message() {
    const seqNo = random.below(300);
    switch (random.below(8)) {
      case 0:
        return { type: 'ping', seqNo, node: random.below(4) === 0 ? nodeOf(member()) : nodeOf(0) };
      case 1: {
        const index = member();
        const probe = { seqNo, target: endpointOf(index), node: nodeOf(index) };
        return { type: 'indirectPing', ...probe, nack: random.below(2) === 0 };
      }
      case 2:
        return { type: random.pick(['ack', 'nack']), seqNo };
      case 3:
        return { type: 'user' };
      default:
        return claim();
    }
  }

  function streamMessage() {
    const type = random.below(10);
    if (type === 0) return { type: 'ping', seqNo: random.below(300), node: nodeOf(0) };
    if (type === 1) return { type: 'ack', seqNo: random.below(300) };
    if (type === 2) return { type: 'err', error: 'boom' };
    if (type === 3) return { type: 'user' };
    const states = ['alive', 'alive', 'suspect', 'dead', 'left'];
    const records = Array.from({ length: random.below(12) }, () => {
      const index = member();
      const about = { node: nodeOf(index), endpoint: endpointOf(index), meta: new Uint8Array() };
      return { ...about, incarnation: incarnation(), state: random.pick(states), versions };
    });
    return { type: 'pushPull', join: random.below(2) === 0, records };
  }

  const damages = [
    (octets) => octets.with(random.below(octets.length), random.below(256)),
    (octets) => octets.with(random.below(octets.length), random.pick([0, 0x7f, 0x80, 0xc0, 0xff])),
    (octets) => octets.subarray(0, random.below(octets.length)),
    (octets) => Uint8Array.from([...octets, ...random.bytes(random.below(20))]),
    (octets) => Uint8Array.from([...octets, ...octets]),
    (octets) => {
      const at = random.below(octets.length);
      const claim = random.pick([0xda, 0xdb, 0xdd, 0xde, 0xdf, 0xc6]);
      return Uint8Array.from([...octets.subarray(0, at), claim, 255, 255, 255, 255]);
    },
  ];
  const damaged = (octets) => {
    let result = Uint8Array.from(octets);
    for (let times = random.below(3); times >= 0 && result.length > 0; times -= 1) {
      result = random.pick(damages)(result);
    }
    return result;
  };

  /** Octets of a member, or damaged before they were sealed, so that damage gets past the key. */
  function plainOctets() {
    const first = message();
    switch (random.below(12)) {
      case 0:
        return containers.encodeCompound([encodeMessage(first), damaged(encodeMessage(message()))]);
      case 1:
        return containers.encodeCompressed(damaged(encodeMessage(first)));
      case 2:
        return damaged(containers.encodeCompressed(encodeMessage(first)));
      case 3: {
        const nested = containers.encodeCompound([encodeMessage(first), encodeMessage(message())]);
        let result = nested;
        for (let depth = random.below(8); depth > 0; depth -= 1) {
          result = containers.encodeCompound([result]);
        }
        return result;
      }
      case 4:
        return random.below(20) === 0 ? random.pick(bombs) : damaged(encodeMessage(first));
      case 5:
        return damaged(containers.encodeChecksummed(encodeMessage(first)));
      case 6:
        return containers.encodeChecksummed(encodeMessage(first));
      default:
        return encodeMessage(first);
    }
  }

  function sealed(octets, { keys: ringKeys, label }) {
    const used = ringKeys !== undefined && random.below(10) === 0 ? others : ringKeys;
    const text = Buffer.from(label);
    const inner = used === undefined ? octets : used.seal(octets, text, random);
    return label === '' ? inner : Buffer.concat([Uint8Array.of(244, text.length), text, inner]);
  }

  function datagram(ring) {
    if (random.below(10) < 4) return random.bytes(random.below(120));
    if (random.below(10) === 0) {
      const messages = Array.from({ length: 1 + random.below(10) }, message);
      return sealDatagram(messages, { ...ring, checksum: random.below(2) === 0, random });
    }
    const octets = sealed(plainOctets(), ring);
    return random.below(5) === 0 && octets.length > 0 ? damaged(octets) : octets;
  }

  function stream(ring) {
    if (random.below(10) < 4) return random.bytes(random.below(200));
    const used = ring.keys !== undefined && random.below(10) === 0 ? others : ring.keys;
    const octets = encodeStream(streamMessage(), { ...ring, keys: used, side: 'dialing', random });
    return random.below(2) === 0 ? damaged(octets) : octets;
  }

  const next = () => {
    age += 1;
    const ring = random.pick(rings);
    const streamed = random.below(4) === 0;
    return { ring, streamed, octets: streamed ? stream(ring) : datagram(ring) };
  };
  /** As members of a ring that begins say it. */
  const renew = () => (age = 0);
  return { next, renew };
}
