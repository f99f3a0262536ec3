/** Of what the original's list has, its very words: people search logs for them. legacy.md §6.5 */
const TEXTS: ReadonlyMap<number, string> = new Map([
  [0x0100, 'Message header error (unspecific)'],
  [0x0101, 'Connection not synchronized'],
  [0x0102, 'Bad message length'],
  [0x0103, 'Bad message type'],
  [0x0200, 'OPEN message error (unspecific)'],
  [0x0201, 'Unsupported version number'],
  [0x0202, 'Bad peer AS'],
  [0x0203, 'Bad BGP identifier'],
  [0x0204, 'Unsupported optional parameter'],
  [0x0206, 'Unacceptable hold time'],
  [0x0207, 'Unsupported capability'],
  // RFC 9234 §4.2
  [0x020b, 'Role mismatch'],
  [0x0300, 'UPDATE message error (unspecific)'],
  [0x0301, 'Malformed Attribute List'],
  [0x0302, 'Unrecognized Well-known Attribute'],
  [0x0303, 'Missing Well-known Attribute'],
  [0x0304, 'Attribute Flags Error'],
  [0x0305, 'Attribute Length Error'],
  [0x0306, 'Invalid ORIGIN Attribute'],
  [0x0308, 'Invalid NEXT_HOP Attribute'],
  [0x0309, 'Optional Attribute Error'],
  [0x030a, 'Invalid Network Field'],
  [0x030b, 'Malformed AS_PATH'],
  [0x0400, 'Hold Timer Expired (unspecific)'],
  [0x0500, 'BGP FSM state error (unspecific)'],
  // RFC 6608 §3
  [0x0501, 'Receive Unexpected Message in OpenSent State'],
  [0x0502, 'Receive Unexpected Message in OpenConfirm State'],
  [0x0503, 'Receive Unexpected Message in Established State'],
  [0x0600, 'Cease (unspecific)'],
  // RFC 4486 §3
  [0x0601, 'Maximum Number of Prefixes Reached'],
  [0x0602, 'Administrative Shutdown'],
  [0x0603, 'Peer De-configured'],
  [0x0604, 'Administrative Reset'],
  [0x0605, 'Connection Rejected'],
  [0x0606, 'Other Configuration Change'],
  [0x0607, 'Connection Collision Resolution'],
  [0x0608, 'Out of Resources'],
  // RFC 8538 §3
  [0x0609, 'Hard Reset'],
  // RFC 9384 §3
  [0x060a, 'BFD Down'],
  // RFC 7313 §5
  [0x0700, 'ROUTE-REFRESH message error (unspecific)'],
  [0x0701, 'Invalid Message Length'],
  // RFC 9687 §3
  [0x0800, 'Send Hold Timer Expired'],
]);

const UNKNOWN = 'unknown code';

/**
 * What a NOTIFICATION's code and subcode say.
 *
 * @example notificationText(6, 2) // 'Administrative Shutdown'
 */
export function notificationText(code: number, subcode: number): string {
  return TEXTS.get(code * 0x100 + subcode) ?? UNKNOWN;
}

/** {@link notificationText} for where the numbers do not stand beside it. */
export function notificationName(code: number, subcode: number): string {
  const text = notificationText(code, subcode);
  return text === UNKNOWN ? `${text} ${code}/${subcode}` : text;
}
