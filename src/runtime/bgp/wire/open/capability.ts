import { ByteReader, ByteWriter } from '../../../net/index.ts';
import { familyFor } from '../family.ts';
import { WireFault, wireError } from '../fault.ts';
import type { Capability } from '../message.ts';

/** IANA, Capability Codes. */
const CapabilityCode = {
  multiprotocol: 1,
  routeRefresh: 2,
  gracefulRestart: 64,
  fourOctetAsn: 65,
} as const;

type GracefulRestart = Extract<Capability, { kind: 'gracefulRestart' }>;
type Reading = (value: ByteReader) => Capability;

const RESTARTED = 0x8000;
const NOTIFICATION = 0x4000;
const RESTART_TIME = 0x0fff;
const FORWARDING = 0x80;

const READINGS: ReadonlyMap<number, Reading> = new Map<number, Reading>([
  [CapabilityCode.multiprotocol, readMultiprotocol],
  [CapabilityCode.routeRefresh, () => ({ kind: 'routeRefresh' })],
  [CapabilityCode.gracefulRestart, readGracefulRestart],
  [CapabilityCode.fourOctetAsn, (value) => ({ kind: 'fourOctetAsn', asn: value.u32() })],
]);

/** One capability. Of those that this speaker knows, the length is to be right. RFC 5492 §4 */
export function readCapability(code: number, value: Uint8Array): Capability {
  const reading = READINGS.get(code);
  if (reading === undefined) return { kind: 'unknown', code, value };
  const reader = new ByteReader(value, `capability ${code}`);
  const capability = reading(reader);
  if (reader.remaining > 0) {
    throw new WireFault(wireError([2, 0], `capability ${code} is ${value.length} octets long`));
  }
  return capability;
}

/** Code, length and value. RFC 5492 §4 */
export function encodeCapability(capability: Capability): Uint8Array {
  const { code, value } = codeAndValue(capability);
  return new ByteWriter(2 + value.length).u8(code).u8(value.length).bytes(value).finish();
}

function codeAndValue(capability: Capability): { code: number; value: Uint8Array } {
  switch (capability.kind) {
    case 'multiprotocol': {
      const value = new ByteWriter(4).u16(capability.afi).u8(0).u8(capability.safi).finish();
      return { code: CapabilityCode.multiprotocol, value };
    }
    case 'routeRefresh':
      return { code: CapabilityCode.routeRefresh, value: new Uint8Array() };
    case 'gracefulRestart':
      return { code: CapabilityCode.gracefulRestart, value: gracefulRestartValue(capability) };
    case 'fourOctetAsn':
      return {
        code: CapabilityCode.fourOctetAsn,
        value: new ByteWriter(4).u32(capability.asn).finish(),
      };
    case 'unknown':
      return { code: capability.code, value: capability.value };
  }
}

/** RFC 4760 §8: the third octet is reserved and ignored. */
function readMultiprotocol(value: ByteReader): Capability {
  const afi = value.u16();
  value.u8();
  const safi = value.u8();
  return { kind: 'multiprotocol', afi, safi, family: familyFor(afi, safi) };
}

/** RFC 4724 §3, RFC 8538 §2 */
function readGracefulRestart(value: ByteReader): GracefulRestart {
  const head = value.u16();
  const families: GracefulRestart['families'][number][] = [];
  while (value.remaining > 0) {
    const afi = value.u16();
    const safi = value.u8();
    families.push({ afi, safi, forwarding: (value.u8() & FORWARDING) !== 0 });
  }
  return {
    kind: 'gracefulRestart',
    restarted: (head & RESTARTED) !== 0,
    notification: (head & NOTIFICATION) !== 0,
    restartTime: head & RESTART_TIME,
    families,
  };
}

function gracefulRestartValue(capability: GracefulRestart): Uint8Array {
  const { restarted, notification, restartTime, families } = capability;
  const flags = (restarted ? RESTARTED : 0) | (notification ? NOTIFICATION : 0);
  const writer = new ByteWriter(2 + 4 * families.length).u16(flags | (restartTime & RESTART_TIME));
  for (const { afi, safi, forwarding } of families) {
    writer
      .u16(afi)
      .u8(safi)
      .u8(forwarding ? FORWARDING : 0);
  }
  return writer.finish();
}
