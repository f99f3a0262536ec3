import { ByteReader } from '../../net/index.ts';
import { WireFault, wireError } from './fault.ts';
import { HEADER_LENGTH, MessageType, checkHeader } from './header.ts';
import type { Dialect, Message, Notification, RouteRefresh, WireError } from './message.ts';
import { readOpen } from './open/read.ts';
import { readUpdate } from './update/read.ts';

/** A message that cannot be taken; ends the session. Just the event that the state machine takes. */
export interface Malformed {
  readonly type: 'malformed';
  readonly error: WireError;
}

/**
 * Reads one whole message, header included. Never throws, whatever the octets; what it returns holds no reference to them.
 * RFC 4271 §6, RFC 7606
 *
 * @param octets - of a {@link MessageReader}, or anything
 */
export function decodeMessage(octets: Uint8Array, dialect: Dialect): Message | Malformed {
  try {
    return decode(octets, dialect);
  } catch (error) {
    if (error instanceof WireFault) return { type: 'malformed', error: error.error };
    throw error;
  }
}

function decode(octets: Uint8Array, dialect: Dialect): Message {
  if (octets.length < HEADER_LENGTH) {
    throw new WireFault(wireError([1, 2], `a message of ${octets.length} octets`));
  }
  const length = checkHeader(octets);
  if (typeof length !== 'number') throw new WireFault(length);
  if (length !== octets.length) {
    throw new WireFault(
      wireError(
        [1, 2],
        `a message of ${octets.length} octets says ${length}`,
        octets.slice(16, 18),
      ),
    );
  }
  const body = octets.subarray(HEADER_LENGTH);
  switch (octets[HEADER_LENGTH - 1]) {
    case MessageType.open:
      return readOpen(body);
    case MessageType.update:
      return readUpdate(body, dialect);
    case MessageType.notification:
      return readNotification(body);
    case MessageType.routeRefresh:
      return readRouteRefresh(octets);
    default:
      return { type: 'keepalive' };
  }
}

/** RFC 4271 §4.5 */
function readNotification(body: Uint8Array): Notification {
  const reader = new ByteReader(body, 'NOTIFICATION');
  const code = reader.u8();
  const subcode = reader.u8();
  return { type: 'notification', code, subcode, data: reader.bytes(reader.remaining) };
}

/** RFC 2918 §3; that of a subtype of RFC 7313 §5 with a wrong length is answered with all of it. */
function readRouteRefresh(octets: Uint8Array): RouteRefresh {
  const reader = new ByteReader(octets.subarray(HEADER_LENGTH), 'ROUTE-REFRESH');
  const afi = reader.u16();
  const subtype = reader.u8();
  const safi = reader.u8();
  if (reader.remaining === 0) return { type: 'routeRefresh', afi, safi, subtype };
  const reason = `a ROUTE-REFRESH of ${octets.length} octets`;
  throw new WireFault(
    subtype === 1 || subtype === 2
      ? wireError([7, 1], reason, octets.slice())
      : wireError([1, 2], reason, octets.slice(16, 18)),
  );
}
