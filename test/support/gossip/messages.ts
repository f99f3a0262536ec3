import fc from 'fast-check';
import { ipFromBytes } from '../../../src/runtime/net/index.ts';
import type {
  Endpoint,
  MemberRecord,
  Message,
  StreamMessage,
} from '../../../src/runtime/gossip/protocol/message.ts';

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const u32 = fc.nat(0xffff_ffff);
/** Names of every length form: up to 31 octets, up to 255, and more. */
const name = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'grapheme-ascii', minLength: 30, maxLength: 300 }),
);
const endpoint: fc.Arbitrary<Endpoint> = fc.record({
  address: fc.oneof(octets(4), octets(16)).map(ipFromBytes),
  port: fc.nat(0xffff),
});
const meta = fc.uint8Array({ maxLength: 512 });
const versions = fc.array(fc.nat(255), { maxLength: 6 });
const source = fc.record({
  source: fc
    .tuple(endpoint, name)
    .map(([where, node]) => ({ ...where, port: Math.max(where.port, 1), node })),
});
const withSource = <Probe extends object>(probe: fc.Arbitrary<Probe>): fc.Arbitrary<Probe> =>
  fc.oneof(
    probe,
    fc.tuple(probe, source).map(([plain, from]) => ({ ...plain, ...from })),
  );

const ping: fc.Arbitrary<Message & { type: 'ping' }> = withSource(
  fc.record({ type: fc.constant('ping'), seqNo: u32, node: name }),
);
const ack: fc.Arbitrary<Message & { type: 'ack' }> = fc.record({
  type: fc.constant('ack'),
  seqNo: u32,
});
const user = fc.constant({ type: 'user' } as const);

/** Every message that datagrams carry. */
export const message: fc.Arbitrary<Message> = fc.oneof(
  ping,
  withSource(
    fc.record({
      type: fc.constant('indirectPing' as const),
      seqNo: u32,
      target: endpoint,
      node: name,
      nack: fc.boolean(),
    }),
  ),
  ack,
  fc.record({ type: fc.constant('nack' as const), seqNo: u32 }),
  fc.record({
    type: fc.constantFrom('suspect' as const, 'dead' as const),
    incarnation: u32,
    node: name,
    from: name,
  }),
  fc.record({
    type: fc.constant('alive' as const),
    incarnation: u32,
    node: name,
    endpoint,
    meta,
    versions,
  }),
  user,
);

const record: fc.Arbitrary<MemberRecord> = fc.record({
  node: name,
  endpoint,
  meta,
  incarnation: u32,
  state: fc.constantFrom('alive', 'suspect', 'dead', 'left'),
  versions,
});

/** Every message that streams carry. */
export const streamMessage: fc.Arbitrary<StreamMessage> = fc.oneof(
  ping,
  ack,
  user,
  fc.record({ type: fc.constant('err' as const), error: name }),
  fc.record({
    type: fc.constant('pushPull' as const),
    join: fc.boolean(),
    records: fc.array(record, { maxLength: 20 }),
  }),
);
