/** Most octets of a stream, and of what is compressed in one. memberlist-wire.md §5 */
export const STREAM_LIMIT: number = 20 * 1024 * 1024;
/** Longest header, and longest member: there may be fields in them that nobody knows yet. */
export const MAP_LIMIT: number = 8 * 1024;

/**
 * Why a stream is not read on.
 *
 * - `label`: of another ring, or of one with labels while ours has none
 * - `notEncrypted`, `encrypted`: one side has keys, the other has none
 * - `decryption`: no key of ours opens it
 * - `compression`: no LZW
 * - `oversized`: more, or claims to be more, than any member sends
 * - `malformed`: not what its type says
 * - `truncated`: its end came early
 * - `unknownType`: nothing that streams carry
 */
export type StreamRefusal =
  | 'label'
  | 'notEncrypted'
  | 'encrypted'
  | 'decryption'
  | 'compression'
  | 'oversized'
  | 'malformed'
  | 'truncated'
  | 'unknownType';

/** What the other side has sent makes no message. */
export class StreamRefused extends Error {
  override readonly name: string = 'StreamRefused';
  readonly reason: StreamRefusal;

  constructor(reason: StreamRefusal) {
    super(`gossip stream: ${reason}`);
    this.reason = reason;
  }
}

/** What the original answers before it closes; the others it closes without a word. memberlist-wire.md §5 */
export const ANSWERS: Readonly<Partial<Record<StreamRefusal, string>>> = {
  notEncrypted: 'Encryption is configured but remote state is not encrypted',
  encrypted: 'Remote state is encrypted and encryption is not configured',
  decryption: 'No installed keys could decrypt the message',
};
