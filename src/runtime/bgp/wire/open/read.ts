import { ByteReader, MalformedError } from '../../../net/index.ts';
import { WireFault, wireError } from '../fault.ts';
import type { Capability, Open } from '../message.ts';
import { readCapability } from './capability.ts';
import { CAPABILITIES, EXTENDED, VERSION } from './parameter.ts';

/** Reads an OPEN without its header, ten octets at least. RFC 4271 §6.2, RFC 6286 §2.2, RFC 7607 §2 */
export function readOpen(body: Uint8Array): Open {
  const reader = new ByteReader(body, 'OPEN');
  const version = reader.u8();
  // The answer names the one version that is spoken here, in two octets.
  if (version !== VERSION) refuse(1, `version ${version}, want 4`, Uint8Array.of(0, VERSION));
  const asn = reader.u16();
  if (asn === 0) refuse(2, 'AS number 0');
  const holdTime = reader.u16();
  if (holdTime === 1 || holdTime === 2) refuse(6, `hold time ${holdTime}s, must be 0 or >=3s`);
  const identifier = reader.u32();
  if (identifier === 0) refuse(3, 'identifier 0.0.0.0');
  try {
    const capabilities = readParameters(reader);
    if (
      capabilities.some((capability) => capability.kind === 'fourOctetAsn' && capability.asn === 0)
    ) {
      refuse(2, 'AS number 0');
    }
    return { type: 'open', asn, holdTime, identifier, capabilities };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return refuse(0, error.message);
  }
}

/** From the octet that tells their length. Lengths are two octets in the form of RFC 9072 §2. */
function readParameters(reader: ByteReader): Capability[] {
  const length = reader.u8();
  if (length === 0) {
    const beyond = reader.remaining;
    if (beyond > 0) refuse(0, `${beyond} octets after it, and no parameters`);
    return [];
  }
  const rest = reader.bytes(reader.remaining);
  const extended = rest[0] === EXTENDED;
  const inner = new ByteReader(rest, 'optional parameters of OPEN');
  if (extended) inner.u8();
  const stated = extended ? inner.u16() : length;
  if (stated !== inner.remaining) {
    refuse(0, `${inner.remaining} octets of optional parameters that are said to be ${stated}`);
  }
  const capabilities: Capability[] = [];
  while (inner.remaining > 0) {
    const type = inner.u8();
    const value = inner.bytes(extended ? inner.u16() : inner.u8());
    if (type !== CAPABILITIES) refuse(4, `unknown optional parameter, type ${type}`);
    capabilities.push(...readCapabilities(value));
  }
  return capabilities;
}

function readCapabilities(octets: Uint8Array): Capability[] {
  const reader = new ByteReader(octets, 'capabilities of OPEN');
  const capabilities: Capability[] = [];
  while (reader.remaining > 0) {
    const code = reader.u8();
    capabilities.push(readCapability(code, reader.bytes(reader.u8())));
  }
  return capabilities;
}

function refuse(subcode: number, reason: string, octets?: Uint8Array): never {
  throw new WireFault(wireError([2, subcode], `OPEN with ${reason}`, octets));
}
