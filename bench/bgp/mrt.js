import { LINK } from './addresses.js';

const TABLE_DUMP_V2 = 13;
const [PEER_INDEX_TABLE, RIB_IPV4_UNICAST] = [1, 2];
const octetsOf = (address) => address.split('.').map(Number);

/** That a pipe takes at once, so that no record is read in halves: pipe(7). GoBGP does not ask for the rest. */
const ATOMIC = 4096;

/**
 * A table of these IPv4 prefixes, with an empty AS path and an unknown origin, for GoBGP to read from a pipe. RFC 6396 §4.3
 *
 * @yields {Buffer} whole records, to be written at once
 */
export function* mrtDump(prefixes) {
  const own = octetsOf(LINK.announcer);
  // The collector, no name, one peer: with IPv4 and an AS number of four octets.
  const peers = [...own, 0, 0, 0, 1, 2, ...own, ...own, 0, 0, 0xfc, 0x00];
  const attributes = [...[0x40, 1, 1, 2], ...[0x40, 2, 0], ...[0x40, 3, 4, ...own]];
  const entry = [0, 1, 0, 0, 0, 0, 0, 0, 0, attributes.length, ...attributes];
  let piece = record(PEER_INDEX_TABLE, peers);
  for (const [index, prefix] of prefixes.entries()) {
    const sequence = Buffer.alloc(4);
    sequence.writeUInt32BE(index);
    const [address, length] = prefix.split('/');
    const route = [...sequence, Number(length), ...octetsOf(address), ...entry];
    const next = record(RIB_IPV4_UNICAST, route);
    if (piece.length + next.length > ATOMIC) {
      yield piece;
      piece = next;
    } else piece = Buffer.concat([piece, next]);
  }
  yield piece;
}

function record(subtype, body) {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(TABLE_DUMP_V2, 4);
  header.writeUInt16BE(subtype, 6);
  header.writeUInt32BE(body.length, 8);
  return Buffer.concat([header, Buffer.from(body)]);
}
