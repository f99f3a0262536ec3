import { ByteWriter } from '../../net/index.ts';
import { MessageType, frame } from './header.ts';
import type { Message, Notification, RouteRefresh, Update } from './message.ts';
import { encodeOpen } from './open/write.ts';

/** Any message but UPDATE, with its header. */
export function encodeMessage(message: Exclude<Message, Update>): Uint8Array {
  switch (message.type) {
    case 'open':
      return encodeOpen(message);
    case 'notification':
      return encodeNotification(message);
    case 'keepalive':
      return encodeKeepalive();
    case 'routeRefresh':
      return encodeRouteRefresh(message);
  }
}

/** RFC 4271 §4.5. What does not fit into 4096 octets of the field Data is left out. */
function encodeNotification({ code, subcode, data: detail }: Notification): Uint8Array {
  const kept = detail.subarray(0, MAX_DETAIL);
  const body = new ByteWriter(2 + kept.length).u8(code).u8(subcode).bytes(kept);
  return frame(MessageType.notification, body.finish());
}

/** RFC 4271 §4.4 */
function encodeKeepalive(): Uint8Array {
  return frame(MessageType.keepalive, new Uint8Array());
}

/** RFC 2918 §3, RFC 7313 §3.2 */
function encodeRouteRefresh({ afi, safi, subtype }: RouteRefresh): Uint8Array {
  return frame(MessageType.routeRefresh, new ByteWriter(4).u16(afi).u8(subtype).u8(safi).finish());
}

/** 4096 less the header, the code and the subcode. */
const MAX_DETAIL = 4075;
