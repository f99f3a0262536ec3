import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeMessage } from '../../../../src/runtime/gossip/protocol/codec.ts';
import type { Message } from '../../../../src/runtime/gossip/protocol/message.ts';
import { sizeOf } from '../../../../src/runtime/gossip/swim/membership/size.ts';
import { ipFromBytes } from '../../../../src/runtime/net/index.ts';

const u32 = fc.oneof(fc.nat(300), fc.nat(70_000), fc.nat(2 ** 32 - 1));
const node = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
const address = fc
  .constantFrom(4, 16)
  .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }).map(ipFromBytes));
const endpoint = fc.record({ address, port: fc.nat(65_535) });
const claimed = { incarnation: u32, node };
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant('ping'), seqNo: u32, node }),
  fc.record({
    type: fc.constant('indirectPing'),
    seqNo: u32,
    target: endpoint,
    node,
    nack: fc.boolean(),
  }),
  fc.record({ type: fc.constantFrom('ack', 'nack'), seqNo: u32 }),
  fc.record({ type: fc.constantFrom('suspect', 'dead'), ...claimed, from: node }),
  fc.record({
    type: fc.constant('alive'),
    ...claimed,
    endpoint,
    meta: fc.uint8Array({ maxLength: 512 }),
    versions: fc.constantFrom([], [1, 5, 2, 0, 0, 0]),
  }),
);

test('the size of a message is told without writing it', () => {
  fc.assert(
    fc.property(message, (sent) => {
      expect(sizeOf(sent)).toBe(encodeMessage(sent).length);
    }),
  );
});
