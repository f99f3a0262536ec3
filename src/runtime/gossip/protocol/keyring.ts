import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
} from 'node:crypto';
import type { Secret } from '../../model/index.ts';
import type { Random } from '../../platform/ports.ts';

/** A key of AES-128, AES-192 or AES-256, which does not print. */
export type Key = KeyObject;

const NONCE = 12;
const TAG = 16;
const BLOCK = 16;

/** Octets that encryption adds to a datagram. memberlist-wire.md §5 */
export const ENCRYPTION_OVERHEAD = 29;

type Cipher = 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm';
const CIPHERS: ReadonlyMap<number | undefined, Cipher> = new Map<number | undefined, Cipher>([
  [16, 'aes-128-gcm'],
  [24, 'aes-192-gcm'],
  [32, 'aes-256-gcm'],
]);

/**
 * The key that MetalLB makes of a secret: the beginning of its text, as it is, filled up with SHA-256 of nothing. 16
 * octets until v0.15, 32 from v0.16 on. memberlist-wire.md §1.1
 */
export function deriveKey(secret: Secret, bytes: 16 | 32): Key {
  const padding = createHash('sha256').digest();
  return createSecretKey(
    Buffer.concat([Buffer.from(secret.reveal(), 'utf8'), padding]).subarray(0, bytes),
  );
}

/** Keys of a ring. The first seals; each opens, so that members change keys one after another. Immutable. */
export class Keyring {
  readonly #keys: readonly (readonly [Cipher, Key])[];
  readonly #first: readonly [Cipher, Key];

  /** @throws RangeError without a key, or with one that AES does not take */
  constructor(keys: readonly Key[]) {
    this.#keys = keys.map((key) => {
      const cipher = CIPHERS.get(key.symmetricKeySize);
      if (cipher === undefined) throw new RangeError('a key has 16, 24 or 32 octets');
      return [cipher, key] as const;
    });
    const [first] = this.#keys;
    if (first === undefined) throw new RangeError('a keyring has at least one key');
    this.#first = first;
  }

  /** @param authenticated - octets that are sent beside the envelope and sealed with it */
  seal(plain: Uint8Array, authenticated: Uint8Array, random: Random): Uint8Array {
    const [algorithm, key] = this.#first;
    const nonce = random.bytes(NONCE);
    const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: TAG });
    cipher.setAAD(authenticated);
    const version = Uint8Array.of(1);
    return Buffer.concat([
      version,
      nonce,
      cipher.update(plain),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  /** What is inside an envelope of version 0 or 1; `undefined` if no key opens it. */
  open(envelope: Uint8Array, authenticated: Uint8Array): Uint8Array | undefined {
    const version = envelope[0] ?? NaN;
    const least = ENCRYPTION_OVERHEAD + (version === 0 ? BLOCK : 0);
    if (!(version <= 1) || envelope.length < least) return undefined;
    for (const [cipher, key] of this.#keys) {
      const plain = decrypt(cipher, key, envelope, authenticated);
      if (plain !== undefined) return version === 0 ? withoutPadding(plain) : plain;
    }
    return undefined;
  }
}

function decrypt(
  algorithm: Cipher,
  key: Key,
  envelope: Uint8Array,
  authenticated: Uint8Array,
): Uint8Array | undefined {
  const nonce = envelope.subarray(1, 1 + NONCE);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: TAG });
  decipher.setAAD(authenticated);
  decipher.setAuthTag(envelope.subarray(-TAG));
  const plain = decipher.update(envelope.subarray(1 + NONCE, -TAG));
  try {
    decipher.final();
    return plain;
  } catch (error) {
    // The one thing that fails here is the tag.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** RFC 5652 §6.3 */
function withoutPadding(padded: Uint8Array): Uint8Array | undefined {
  const padding = padded.at(-1) ?? 0;
  if (padding === 0 || padding > BLOCK) return undefined;
  return padded.subarray(0, -padding);
}
