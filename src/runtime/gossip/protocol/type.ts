/** First octet of every message and container. memberlist-wire.md §3 */
export const Type = {
  Ping: 0,
  IndirectPing: 1,
  Ack: 2,
  Suspect: 3,
  Alive: 4,
  Dead: 5,
  PushPull: 6,
  Compound: 7,
  User: 8,
  Compress: 9,
  Encrypt: 10,
  Nack: 11,
  Checksum: 12,
  Err: 13,
  Label: 244,
} as const;
export type Type = (typeof Type)[keyof typeof Type];
