import { load, median } from '../load.js';
import { seeded } from './generate.js';

/** Mean microseconds of one operation, median of five rounds after one to warm up. */
function microseconds(operations, work) {
  const rounds = [];
  for (let round = 0; round < 6; round += 1) {
    const start = performance.now();
    for (let done = 0; done < operations; done += 1) work();
    rounds.push(((performance.now() - start) * 1000) / operations);
  }
  return median(rounds.slice(1));
}

/** Rows of what messages cost, beside the same as JSON text, which says its octets in base64. */
export async function throughput() {
  const { encodeMessage, decodeMessage } = await load('src/runtime/gossip/protocol/codec.ts');
  const { openDatagram, sealDatagram } = await load('src/runtime/gossip/protocol/datagram.ts');
  const { encodeStream } = await load('src/runtime/gossip/protocol/stream/encode.ts');
  const { encodeBody } = await load('src/runtime/gossip/protocol/stream/body.ts');
  const { StreamReader } = await load('src/runtime/gossip/protocol/stream/reader.ts');
  const { Keyring, deriveKey } = await load('src/runtime/gossip/protocol/keyring.ts');
  const { Secret } = await load('src/runtime/model/index.ts');
  const random = seeded(1);
  const keys = new Keyring([deriveKey(new Secret('q7bGmCw4bTVsZ8QkT1xYpA'), 16)]);
  const sealing = { keys, label: '', checksum: false, random };
  const side = { label: '', side: 'dialing', random };
  const hearing = { label: '', side: 'accepting' };

  const ping = { type: 'ping', seqNo: 70_000, node: 'worker-3' };
  const versions = [1, 5, 2, 0, 0, 0];
  const about = (index) => ({
    node: `worker-${index}`,
    endpoint: { address: `192.0.2.${index}`, port: 7946 },
    incarnation: index,
    meta: new Uint8Array(),
    versions,
  });
  const alive = { type: 'alive', ...about(3) };
  const records = Array.from({ length: 200 }, (_, index) => ({ ...about(index), state: 'alive' }));
  const pushPull = { type: 'pushPull', join: false, records };

  const asText = (message) =>
    JSON.stringify(message, (key, value) =>
      key === 'meta' ? Buffer.from(value).toString('base64') : value,
    );
  const fromText = (text) =>
    JSON.parse(text, (key, value) => (key === 'meta' ? Buffer.from(value, 'base64') : value));
  const [aliveText, pushPullText] = [asText(alive), asText(pushPull)];

  const plainPing = sealDatagram([ping], { ...sealing, keys: undefined });
  const sealedPing = sealDatagram([ping], sealing);
  const encodedAlive = encodeMessage(alive);
  const plainBody = encodeBody(pushPull);
  const sealedStream = encodeStream(pushPull, { ...side, keys });
  const cases = [
    ['open a ping', 20_000, () => openDatagram(plainPing, { label: '' })],
    ['open a sealed ping', 20_000, () => openDatagram(sealedPing, sealing)],
    ['seal a ping, compression tried', 20_000, () => sealDatagram([ping], sealing)],
    ['encode an alive', 20_000, () => encodeMessage(alive), () => asText(alive)],
    ['decode an alive', 20_000, () => decodeMessage(encodedAlive), () => fromText(aliveText)],
    ['encode 200 members', 200, () => encodeBody(pushPull), () => asText(pushPull)],
    [
      'decode 200 members',
      200,
      () => new StreamReader(hearing).feed(plainBody),
      () => fromText(pushPullText),
    ],
    ['200 members, compressed and sealed', 100, () => encodeStream(pushPull, { ...side, keys })],
    ['the same opened', 100, () => new StreamReader({ ...hearing, keys }).feed(sealedStream)],
  ];
  return cases.map(([name, operations, work, rival]) => {
    const own = microseconds(operations, work);
    const ratio = rival === undefined ? '' : (own / microseconds(operations, rival)).toFixed(2);
    return [name, `${own.toFixed(1)} µs`, ratio];
  });
}
