import { MalformedError } from '../../net/index.ts';
import type { Random } from '../../platform/ports.ts';
import { decodeMessage, encodeMessage } from './codec.ts';
import {
  decodeChecksummed,
  decodeCompound,
  decodeCompressed,
  encodeChecksummed,
  encodeCompound,
  encodeCompressed,
} from './container.ts';
import type { DropReason } from './drop.ts';
import type { Keyring } from './keyring.ts';
import { afterLabel, labelHeader } from './label.ts';
import type { Message } from './message.ts';
import { MsgpackReader } from './msgpack/reader.ts';
import { Type } from './type.ts';

/** All that a datagram's compressed contents may come to; a member fills 1400 octets. */
const INFLATED_LIMIT = 4 * 0x1_0000;
/** Messages in one datagram: four full compounds. */
const PARTS_LIMIT = 1020;
/** Containers in containers; a member sends a compressed compound. */
const DEPTH_LIMIT = 4;

/** How the members of a ring seal their datagrams. */
export interface DatagramContext {
  readonly keys?: Keyring | undefined;
  /** Empty: none. */
  readonly label: string;
}

export interface OpenedDatagram {
  readonly messages: readonly Message[];
  /** One for everything that is not among the messages. */
  readonly dropped: readonly DropReason[];
}

/**
 * Reads whatever came in. Never throws; what a datagram can cost is bounded whatever its octets are.
 * memberlist-wire.md §9
 */
export function openDatagram(octets: Uint8Array, context: DatagramContext): OpenedDatagram {
  const opening = new Opening();
  const plain = unseal(octets, context);
  if (typeof plain === 'string') opening.drop(plain);
  else opening.message(plain, DEPTH_LIMIT);
  return opening;
}

/** How one datagram is sealed. */
export interface SealContext extends DatagramContext {
  /** Whether its receiver is known to understand checksums. memberlist-wire.md §8 */
  readonly checksum: boolean;
  /** Where nonces come from. */
  readonly random: Random;
}

/**
 * One datagram of one to 255 messages, byte for byte as the original makes it. memberlist-wire.md §9
 *
 * @throws RangeError for other numbers of messages
 */
export function sealDatagram(messages: readonly Message[], context: SealContext): Uint8Array {
  const { keys, checksum, random } = context;
  const [first, ...others] = messages.map(encodeMessage);
  if (first === undefined) throw new RangeError('a datagram of no message');
  const plain = others.length === 0 ? first : encodeCompound([first, ...others]);
  const compressed = encodeCompressed(plain);
  const smaller = compressed.length < plain.length ? compressed : plain;
  const checked = checksum ? encodeChecksummed(smaller) : smaller;
  const header = labelHeader(context.label);
  const sealed = keys === undefined ? checked : keys.seal(checked, header.subarray(2), random);
  return header.length === 0 ? sealed : Buffer.concat([header, sealed]);
}

/** What is left when label, encryption and checksum are taken off. */
function unseal(octets: Uint8Array, { keys, label }: DatagramContext): Uint8Array | DropReason {
  const start = afterLabel(octets, label);
  if (start === undefined) return 'label';
  const sealed = octets.subarray(start);
  const plain =
    keys === undefined ? sealed : keys.open(sealed, octets.subarray(2, Math.max(start, 2)));
  if (plain === undefined) return 'decryption';
  return decodeChecksummed(plain) ?? 'checksum';
}

/** One datagram while its containers are taken apart. */
class Opening implements OpenedDatagram {
  readonly messages: Message[] = [];
  readonly dropped: DropReason[] = [];
  #inflatable = INFLATED_LIMIT;
  #parts = PARTS_LIMIT;

  drop(reason: DropReason): void {
    this.dropped.push(reason);
  }

  /** @param depth - containers that may still be inside one another */
  message(octets: Uint8Array, depth: number): void {
    try {
      this.#open(octets, depth);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.drop('malformed');
    }
  }

  #open(octets: Uint8Array, depth: number): void {
    const [type] = octets;
    if (type !== Type.Compound && type !== Type.Compress) this.#plain(octets);
    else if (depth === 0) this.drop('tooDeep');
    else if (type === Type.Compound) this.#compound(octets, depth - 1);
    else this.#compressed(octets, depth - 1);
  }

  #plain(octets: Uint8Array): void {
    const message = decodeMessage(octets);
    if (message !== undefined) this.messages.push(message);
    else this.drop(octets.length === 0 ? 'malformed' : 'unknownType');
  }

  #compound(octets: Uint8Array, depth: number): void {
    const { whole, missing } = decodeCompound(octets);
    const processed = whole.slice(0, this.#parts);
    this.#parts -= processed.length;
    for (const part of processed) this.message(part, depth);
    if (processed.length < whole.length) this.drop('oversized');
    for (let count = 0; count < missing; count += 1) this.drop('truncatedCompound');
  }

  #compressed(octets: Uint8Array, depth: number): void {
    const content = decodeCompressed(new MsgpackReader(octets, 1), this.#inflatable);
    if (typeof content === 'string') {
      this.drop(content);
      return;
    }
    this.#inflatable -= content.length;
    this.message(content, depth);
  }
}
