import type { Notification } from '../message.ts';
import { notificationName } from './text.ts';

const CEASE = 6;
const ADMINISTRATIVE_SHUTDOWN = 2;
const ADMINISTRATIVE_RESET = 4;
const HARD_RESET = 9;
const MAX_OCTETS = 255;

/** Characters that would move a terminal's cursor, end a log line or turn its direction. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * The field Data of a Cease that says why: one octet of length, then UTF-8. What is longer than 255 octets is cut between two
 * characters. RFC 9003 §2
 */
export function encodeCommunication(text: string): Uint8Array {
  const octets = Buffer.alloc(MAX_OCTETS);
  const written = octets.write(text);
  return Uint8Array.of(written, ...octets.subarray(0, written));
}

/**
 * What the operator of the peer says of a shutdown or a reset, also of one inside a hard reset. RFC 9003 §2, RFC 8538 §3.1
 *
 * @returns printable text of one line; `undefined`: nothing is said, or it is not UTF-8 of the length that it states
 */
function communicationOf(notification: Notification): string | undefined {
  const { code, subcode, data: detail } = withoutHardReset(notification);
  if (code !== CEASE) return undefined;
  if (subcode !== ADMINISTRATIVE_SHUTDOWN && subcode !== ADMINISTRATIVE_RESET) return undefined;
  const length = detail[0] ?? 0;
  if (length === 0 || length !== detail.length - 1) return undefined;
  const text = decodeUtf8(detail.subarray(1));
  return text?.replaceAll(UNPRINTABLE, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/**
 * A NOTIFICATION for people.
 *
 * @example 'Administrative Shutdown: "maintenance until noon"'
 */
export function describeNotification(notification: Notification): string {
  const { code, subcode } = notification;
  const inner = withoutHardReset(notification);
  const outer = notificationName(code, subcode);
  const text =
    inner === notification ? outer : `${outer}, ${notificationName(inner.code, inner.subcode)}`;
  const communication = communicationOf(inner);
  return communication === undefined ? text : `${text}: "${communication}"`;
}

/** What a hard reset encloses: code, subcode and data of the reason. RFC 8538 §3.1 */
function withoutHardReset(notification: Notification): Notification {
  const [code, subcode, ...rest] = notification.data;
  if (notification.code !== CEASE || notification.subcode !== HARD_RESET) return notification;
  if (code === undefined || subcode === undefined) return notification;
  return { type: 'notification', code, subcode, data: Uint8Array.from(rest) };
}

function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
