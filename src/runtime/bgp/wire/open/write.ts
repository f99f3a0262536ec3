import { ByteWriter } from '../../../net/index.ts';
import { MessageType, frame } from '../header.ts';
import type { Open } from '../message.ts';
import { encodeCapability } from './capability.ts';
import { CAPABILITIES, EXTENDED, VERSION } from './parameter.ts';

/**
 * All capabilities in one optional parameter, as the original has them (legacy.md §6.3); in the extended form only where
 * they need it. RFC 4271 §4.2, RFC 5492, RFC 9072 §2
 */
export function encodeOpen({ asn, holdTime, identifier, capabilities }: Open): Uint8Array {
  const parameters = encodeParameters(capabilities.map(encodeCapability));
  const body = new ByteWriter(9 + parameters.length)
    .u8(VERSION)
    .u16(asn)
    .u16(holdTime)
    .u32(identifier)
    .bytes(parameters);
  return frame(MessageType.open, body.finish());
}

/** From the octet that tells their length. */
function encodeParameters(capabilities: readonly Uint8Array[]): Uint8Array {
  if (capabilities.length === 0) return Uint8Array.of(0);
  const length = capabilities.reduce((sum, capability) => sum + capability.length, 0);
  const extended = 2 + length > 255;
  const writer = new ByteWriter((extended ? 7 : 3) + length);
  if (extended) {
    writer
      .u8(255)
      .u8(EXTENDED)
      .u16(length + 3)
      .u8(CAPABILITIES)
      .u16(length);
  } else {
    writer
      .u8(length + 2)
      .u8(CAPABILITIES)
      .u8(length);
  }
  for (const capability of capabilities) writer.bytes(capability);
  return writer.finish();
}
