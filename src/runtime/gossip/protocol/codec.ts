import { ipToBytes } from '../../net/index.ts';
import { fromSource, toAddress, toSource } from './address.ts';
import type { Accusation, Ack, Alive, IndirectPing, Message, Nack, Ping } from './message.ts';
import { MsgpackReader } from './msgpack/reader.ts';
import {
  RecordCodec,
  flag,
  meta,
  octets,
  octetsOrNil,
  optional,
  text,
  u16,
  u32,
} from './msgpack/record.ts';
import { MsgpackWriter } from './msgpack/writer.ts';
import { Type } from './type.ts';

/** What follows a message's type octet. */
interface Body {
  readonly type: Type;
  read(reader: MsgpackReader): Message;
  write(writer: MsgpackWriter, message: Message): void;
}

const source = {
  SourceAddr: optional(octets),
  SourceNode: optional(text),
  SourcePort: optional(u16),
};
const pingFields = new RecordCodec({ Node: text, SeqNo: u32, ...source });
const indirectPingFields = new RecordCodec({
  Nack: flag,
  Node: text,
  Port: u16,
  SeqNo: u32,
  Target: octets,
  ...source,
});
const ackFields = new RecordCodec({ Payload: octetsOrNil, SeqNo: u32 });
const nackFields = new RecordCodec({ SeqNo: u32 });
const accusationFields = new RecordCodec({ From: text, Incarnation: u32, Node: text });
const aliveFields = new RecordCodec({
  Addr: octets,
  Incarnation: u32,
  Meta: meta,
  Node: text,
  Port: u16,
  Vsn: octetsOrNil,
});

/** memberlist-wire.md §4.1 */
const BODIES: Readonly<Record<Message['type'], Body>> = {
  ping: {
    type: Type.Ping,
    read: (reader): Ping => {
      const { SeqNo, Node, ...probe } = pingFields.read(reader);
      return { type: 'ping', seqNo: SeqNo, node: Node, ...toSource(probe) };
    },
    write: (writer, { seqNo, node, source }: Ping) =>
      pingFields.write(writer, { SeqNo: seqNo, Node: node, ...fromSource(source) }),
  },
  indirectPing: {
    type: Type.IndirectPing,
    read: (reader): IndirectPing => {
      const { SeqNo, Node, Nack, Target, Port, ...probe } = indirectPingFields.read(reader);
      const target = { address: toAddress(Target), port: Port };
      const request = { seqNo: SeqNo, target, node: Node, nack: Nack };
      return { type: 'indirectPing', ...request, ...toSource(probe) };
    },
    write: (writer, { seqNo, target, node, nack, source }: IndirectPing) =>
      indirectPingFields.write(writer, {
        SeqNo: seqNo,
        Target: ipToBytes(target.address),
        Port: target.port,
        Node: node,
        Nack: nack,
        ...fromSource(source),
      }),
  },
  ack: {
    type: Type.Ack,
    read: (reader): Ack => ({ type: 'ack', seqNo: ackFields.read(reader).SeqNo }),
    write: (writer, { seqNo }: Ack) =>
      ackFields.write(writer, { SeqNo: seqNo, Payload: new Uint8Array() }),
  },
  nack: {
    type: Type.Nack,
    read: (reader): Nack => ({ type: 'nack', seqNo: nackFields.read(reader).SeqNo }),
    write: (writer, { seqNo }: Nack) => nackFields.write(writer, { SeqNo: seqNo }),
  },
  suspect: accusation(Type.Suspect, 'suspect'),
  dead: accusation(Type.Dead, 'dead'),
  alive: {
    type: Type.Alive,
    read: (reader): Alive => {
      const { Incarnation, Node, Addr, Port, Meta, Vsn } = aliveFields.read(reader);
      const endpoint = { address: toAddress(Addr), port: Port };
      const claim = { incarnation: Incarnation, node: Node, endpoint, meta: Meta };
      return { type: 'alive', ...claim, versions: Array.from(Vsn) };
    },
    write: (writer, { incarnation, node, endpoint, meta, versions }: Alive) =>
      aliveFields.write(writer, {
        Incarnation: incarnation,
        Node: node,
        Addr: ipToBytes(endpoint.address),
        Port: endpoint.port,
        Meta: meta,
        Vsn: Uint8Array.from(versions),
      }),
  },
  user: {
    type: Type.User,
    read: () => ({ type: 'user' }),
    write: () => undefined,
  },
};

const byType = new Map<number, Body>(Object.values(BODIES).map((body) => [body.type, body]));

/** A message with its type octet, as a datagram of its own or as a part of one. */
export function encodeMessage(message: Message): Uint8Array {
  const body = BODIES[message.type];
  const writer = new MsgpackWriter().octet(body.type);
  body.write(writer, message);
  return writer.finish();
}

/**
 * What stands behind a message's type octet; octets after it are ignored. `undefined`: no type that datagrams carry.
 *
 * @throws MalformedError if the octets are not such a message
 */
export function decodeMessage(encoded: Uint8Array): Message | undefined {
  return decodeBody(encoded[0] ?? NaN, new MsgpackReader(encoded, 1));
}

/** The same, of what follows the type octet. */
export function decodeBody(type: number, reader: MsgpackReader): Message | undefined {
  return byType.get(type)?.read(reader);
}

function accusation(type: Type, name: Accusation['type']): Body {
  return {
    type,
    read: (reader): Accusation => {
      const { Incarnation, Node, From } = accusationFields.read(reader);
      return { type: name, incarnation: Incarnation, node: Node, from: From };
    },
    write: (writer, { incarnation, node, from }: Accusation) =>
      accusationFields.write(writer, { Incarnation: incarnation, Node: node, From: from }),
  };
}
