import { ByteWriter } from '../../net/index.ts';
import { wireError } from './fault.ts';
import type { WireError } from './message.ts';

/** Octets of the fixed header: marker, length, type. RFC 4271 §4.1 */
export const HEADER_LENGTH = 19;

/** Octets of the longest message, header included. RFC 4271 §4.1; extended messages, RFC 8654, are not negotiated. */
export const MAX_LENGTH = 4096;

const MARKER_LENGTH = 16;
const MARKER: Uint8Array = new Uint8Array(MARKER_LENGTH).fill(0xff);

/** RFC 4271 §4.1, RFC 2918 §3 */
export const MessageType = {
  open: 1,
  update: 2,
  notification: 3,
  keepalive: 4,
  routeRefresh: 5,
} as const;

/** As {@link MessageType} names it. */
export type MessageName = keyof typeof MessageType;

const NAMES: ReadonlyMap<number, MessageName> = new Map(
  (Object.keys(MessageType) as MessageName[]).map((name) => [MessageType[name], name]),
);

/** Shortest and longest message of each type, header included. RFC 4271 §6.1, RFC 2918 §3 */
const LENGTHS: ReadonlyMap<number, readonly [number, number]> = new Map([
  [MessageType.open, [29, MAX_LENGTH]],
  [MessageType.update, [23, MAX_LENGTH]],
  [MessageType.notification, [21, MAX_LENGTH]],
  [MessageType.keepalive, [HEADER_LENGTH, HEADER_LENGTH]],
  // Those of RFC 7313 that are longer have an error code of their own.
  [MessageType.routeRefresh, [23, MAX_LENGTH]],
]);

/**
 * What is wrong with the header that `octets` begin with, which are 19 at least. RFC 4271 §6.1
 *
 * @returns the length of the message in octets, header included, from 19 to 4096, or the fault
 */
export function checkHeader(octets: Uint8Array): number | WireError {
  if (!startsWithMarker(octets)) {
    return wireError([1, 1], 'the marker of a message is not all ones');
  }
  const view = new DataView(octets.buffer, octets.byteOffset, HEADER_LENGTH);
  const length = view.getUint16(MARKER_LENGTH);
  const type = view.getUint8(MARKER_LENGTH + 2);
  const wrongLength = (): WireError =>
    wireError(
      [1, 2],
      `a message of type ${type} says it is ${length} octets long`,
      lengthOf(octets),
    );
  if (length < HEADER_LENGTH || length > MAX_LENGTH) return wrongLength();
  const bounds = LENGTHS.get(type);
  if (bounds === undefined) {
    return wireError([1, 3], `there is no message type ${type}`, Uint8Array.of(type));
  }
  return length < bounds[0] || length > bounds[1] ? wrongLength() : length;
}

/** The whole message. Throws if it would be longer than any may be: a fault here, not of the peer. */
export function frame(type: number, body: Uint8Array): Uint8Array {
  const length = HEADER_LENGTH + body.length;
  if (length > MAX_LENGTH) throw new RangeError(`a message of ${length} octets`);
  return new ByteWriter(length).bytes(MARKER).u16(length).u8(type).bytes(body).finish();
}

/** The types of whole messages, one after the other. */
export function typesOf(octets: Uint8Array): readonly MessageName[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const names: MessageName[] = [];
  for (
    let at = 0;
    at < octets.length;
    at += Math.max(HEADER_LENGTH, view.getUint16(at + MARKER_LENGTH))
  ) {
    const name = NAMES.get(view.getUint8(at + MARKER_LENGTH + 2));
    if (name !== undefined) names.push(name);
  }
  return names;
}

function startsWithMarker(octets: Uint8Array): boolean {
  for (let index = 0; index < MARKER_LENGTH; index += 1) {
    if (octets[index] !== 0xff) return false;
  }
  return true;
}

function lengthOf(octets: Uint8Array): Uint8Array {
  return octets.slice(MARKER_LENGTH, MARKER_LENGTH + 2);
}
