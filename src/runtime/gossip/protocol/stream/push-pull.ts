import { ipFromBytes, ipToBytes } from '../../../net/index.ts';
import { isAddress } from '../address.ts';
import type { MemberRecord, MemberState, PushPull } from '../message.ts';
import type { MsgpackReader } from '../msgpack/reader.ts';
import { RecordCodec, flag, meta, octets, octetsOrNil, text, u16, u32 } from '../msgpack/record.ts';
import { MsgpackWriter } from '../msgpack/writer.ts';
import { Type } from '../type.ts';
import type { Inflow, Reading } from './inflow.ts';
import { MAP_LIMIT, StreamRefused } from './refusal.ts';

/** Most members that are read: three times the nodes of the largest clusters. */
const RECORDS_LIMIT = 16_384;

const headerFields = new RecordCodec({ Join: flag, Nodes: u32, UserStateLen: u32 });
const memberFields = new RecordCodec({
  Addr: octets,
  Incarnation: u32,
  Meta: meta,
  Name: text,
  Port: u16,
  State: u32,
  Vsn: octetsOrNil,
});

/** By number. memberlist-wire.md §4.1 */
const STATES: readonly MemberState[] = ['alive', 'suspect', 'dead', 'left'];

/** Every member that one side knows; none of us has a state of its own besides. memberlist-wire.md §17 */
export function encodePushPull({ join, records }: PushPull): Uint8Array {
  const writer = new MsgpackWriter().octet(Type.PushPull);
  headerFields.write(writer, { Join: join, Nodes: records.length, UserStateLen: 0 });
  for (const record of records) writeMember(writer, record);
  return writer.finish();
}

/** What follows the type octet: a header, the members, and the state of an application, which is passed over. */
export function* readPushPull(inflow: Inflow): Reading<PushPull> {
  const { Join, Nodes, UserStateLen } = headerFields.read(yield* inflow.value(MAP_LIMIT));
  if (Nodes > RECORDS_LIMIT) throw new StreamRefused('oversized');
  const records: MemberRecord[] = [];
  for (let left = Nodes; left > 0; left -= 1) {
    const record = readMember(yield* inflow.value(MAP_LIMIT));
    if (record !== undefined) records.push(record);
  }
  yield* inflow.skip(UserStateLen);
  return { type: 'pushPull', join: Join, records };
}

/** `undefined` for a state that nobody knows, which the original ignores, and without an address to send anything to. */
function readMember(reader: MsgpackReader): MemberRecord | undefined {
  const { Name, Addr, Port, Meta, Incarnation, State, Vsn } = memberFields.read(reader);
  const state = STATES[State];
  if (state === undefined || !isAddress(Addr)) return undefined;
  return {
    node: Name,
    endpoint: { address: ipFromBytes(Addr), port: Port },
    meta: Meta,
    incarnation: Incarnation,
    state,
    versions: Array.from(Vsn),
  };
}

function writeMember(writer: MsgpackWriter, record: MemberRecord): void {
  memberFields.write(writer, {
    Name: record.node,
    Addr: ipToBytes(record.endpoint.address),
    Port: record.endpoint.port,
    Meta: record.meta,
    Incarnation: record.incarnation,
    State: STATES.indexOf(record.state),
    Vsn: Uint8Array.from(record.versions),
  });
}
