import type { Random } from '../../../src/runtime/platform/ports.ts';
import { bgpMessage } from './octets.ts';
import { PUBLISHED_CRASHES } from './published-crashes.ts';
import { attributePositions, validMessage } from './valid-messages.ts';

type Mutation = (octets: Uint8Array, random: Random) => Uint8Array;

/**
 * BGP messages without end, of all types and of both widths of AS numbers: some whole, most damaged in the way in which
 * fuzzers of routers damage them, and those that ended other daemons among them. About half pass the header check of RFC 4271 §6.1.
 */
export function* mutatedMessages(random: Random): Generator<Uint8Array, never> {
  for (;;) {
    if (random.float() < 0.02) {
      yield oneOf(PUBLISHED_CRASHES, random).octets;
      continue;
    }
    const message = validMessage(random);
    // Damage to the header hides all that follows, so that half of the messages are spared it.
    if (random.float() < 0.5) yield oneOf(HEADER_MUTATIONS, random)(message, random);
    else yield mutatedBody(message, random);
  }
}

/** A whole message: whose header is right, whatever is inside. */
function mutatedBody(message: Uint8Array, random: Random): Uint8Array {
  let mutated = message;
  for (let times = below(4, random); times > 0; times -= 1) {
    mutated = oneOf(BODY_MUTATIONS, random)(mutated, random);
  }
  return mutated;
}

const HEADER_MUTATIONS: readonly Mutation[] = [
  // A marker that is not all ones.
  (octets, random) => octets.with(below(16, random), below(255, random)),
  // A length that is not that of the message.
  (octets, random) => octets.with(16, below(256, random)).with(17, below(256, random)),
  // A type that there is not.
  (octets, random) => octets.with(18, 6 + below(250, random)),
  // The end is missing.
  (octets, random) => octets.slice(0, below(octets.length, random)),
  // No message at all.
  (octets, random) => random.bytes(octets.length),
];

const BODY_MUTATIONS: readonly Mutation[] = [
  // An octet is another one.
  (octets, random) => octets.with(position(octets, random), below(256, random)),
  // A bit is another one.
  (octets, random) => {
    const at = position(octets, random);
    return octets.with(at, (octets[at] ?? 0) ^ (1 << below(8, random)));
  },
  // An octet is one that lengths and counts are sensitive to.
  (octets, random) => octets.with(position(octets, random), oneOf([0, 1, 127, 128, 255], random)),
  // The body ends early, and the header says so.
  (octets, random) => rebuilt(octets, octets.slice(19, position(octets, random))),
  // Something follows the body.
  (octets, random) => rebuilt(octets, joined(octets.slice(19), random.bytes(below(40, random)))),
  // A piece stands twice.
  (octets, random) => {
    const [start, end] = [position(octets, random), position(octets, random)].sort((a, b) => a - b);
    const piece = octets.slice(start, end);
    return rebuilt(octets, joined(octets.slice(19, end), piece, octets.slice(end)));
  },
  // The body is that of another type.
  (octets, random) => bgpMessage(oneOf([1, 2, 3, 5], random), grown(octets.slice(19))),
  onAttribute((octets, at, random) => octets.with(at, below(256, random))),
  onAttribute((octets, at, random) => octets.with(at + 1, below(40, random))),
  onAttribute((octets, at, random) => octets.with(at + 2, below(256, random))),
  onAttribute((octets, at) => octets.with(at + 2, ((octets[at + 2] ?? 0) + 1) % 256)),
  onAttribute((octets, at) => octets.with(at + 2, 0)),
];

/** Flags, code or length of an attribute, where there is one. */
function onAttribute(
  change: (octets: Uint8Array, at: number, random: Random) => Uint8Array,
): Mutation {
  return (octets, random) => {
    const positions = attributePositions(octets);
    return positions.length === 0 ? octets : change(octets, oneOf(positions, random), random);
  };
}

/** The message with another body, in which all that its type has to have is there. */
function rebuilt(octets: Uint8Array, body: Uint8Array): Uint8Array {
  const type = octets[18] ?? 0;
  return type === 4 ? octets : bgpMessage(type, grown(body));
}

/** Ten to 4077 octets, as the header check asks. */
function grown(body: Uint8Array): Uint8Array {
  return joined(body.slice(0, 4077), new Uint8Array(Math.max(0, 10 - body.length)));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** Of an octet of the body, if there is a body; else of the type. */
function position(octets: Uint8Array, random: Random): number {
  return octets.length > 19 ? 19 + below(octets.length - 19, random) : 18;
}

function below(limit: number, random: Random): number {
  return Math.floor(random.float() * limit);
}

function oneOf<T>(choices: readonly T[], random: Random): T {
  return choices[below(choices.length, random)]!;
}
