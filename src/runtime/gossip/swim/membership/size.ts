import { familyOf } from '../../../net/index.ts';
import type { Endpoint, Message } from '../../protocol/message.ts';

/** Octets that a datagram may have, containers left out. memberlist-wire.md §1 */
export const DATAGRAM_BUDGET = 1400;
/** What a message costs beside itself, in a compound; and what a compound costs. memberlist-wire.md §6, §10 */
export const COMPOUND_OVERHEAD = 2;

/** The type octet and the header of a map. */
const FRAME = 2;

/**
 * Octets of a message on the wire, its type included, without writing them: budgets are asked far more often than
 * messages are sent. memberlist-wire.md §4
 */
export function sizeOf(message: Message): number {
  switch (message.type) {
    case 'ping':
      return FRAME + field(4, text(message.node)) + sequence(message.seqNo) + source(message);
    case 'indirectPing':
      return (
        FRAME +
        field(4, 1) +
        field(4, text(message.node)) +
        field(4, unsigned(message.target.port)) +
        sequence(message.seqNo) +
        field(6, address(message.target)) +
        source(message)
      );
    case 'ack':
      return FRAME + field(7, 1) + sequence(message.seqNo);
    case 'nack':
      return FRAME + sequence(message.seqNo);
    case 'suspect':
    case 'dead':
      return FRAME + field(4, text(message.from)) + claimed(message.incarnation, message.node);
    case 'alive':
      return (
        FRAME +
        field(4, address(message.endpoint)) +
        claimed(message.incarnation, message.node) +
        field(4, raw(message.meta.length)) +
        field(4, unsigned(message.endpoint.port)) +
        field(3, raw(message.versions.length))
      );
    case 'user':
      return 1;
    default:
      return message satisfies never;
  }
}

/** A value after its key, whose length is less than 32. */
const field = (key: number, value: number): number => 1 + key + value;
const raw = (length: number): number => (length < 32 ? 1 : 3) + length;
const text = (value: string): number => raw(Buffer.byteLength(value));
const address = (endpoint: Endpoint): number => raw(familyOf(endpoint.address) === 'ipv4' ? 4 : 16);
const sequence = (seqNo: number): number => field(5, unsigned(seqNo));
const claimed = (incarnation: number, node: string): number =>
  field(11, unsigned(incarnation)) + field(4, text(node));

function unsigned(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x100) return 2;
  return value < 0x10000 ? 3 : 5;
}

function source(message: Message & { type: 'ping' | 'indirectPing' }): number {
  if (message.source === undefined) return 0;
  const { node, port } = message.source;
  return field(10, address(message.source)) + field(10, text(node)) + field(10, unsigned(port));
}
