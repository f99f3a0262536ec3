import { encodeCompressed } from '../container.ts';
import { ENCRYPTION_OVERHEAD } from '../keyring.ts';
import { labelHeader } from '../label.ts';
import type { StreamMessage } from '../message.ts';
import { encodeBody } from './body.ts';
import type { StreamContext } from './context.ts';
import { authenticatedFrame, frameHeader } from './frame.ts';

/**
 * All that one side says on a stream. Compressed always, even where that makes it longer, as the original does.
 * memberlist-wire.md §7, §9
 */
export function encodeStream(message: StreamMessage, context: StreamContext): Uint8Array {
  const { keys, label, side, random } = context;
  const compressed = encodeCompressed(encodeBody(message));
  const opening = side === 'dialing' ? labelHeader(label) : new Uint8Array();
  if (keys === undefined) return Buffer.concat([opening, compressed]);
  const header = frameHeader(compressed.length + ENCRYPTION_OVERHEAD);
  const envelope = keys.seal(compressed, authenticatedFrame(header, label), random);
  return Buffer.concat([opening, header, envelope]);
}
