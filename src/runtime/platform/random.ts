import { randomBytes } from 'node:crypto';
import type { Random } from './ports.ts';

/** Randomness of this machine: `bytes` is fit for keys, `float` for jitter. */
export class SystemRandom implements Random {
  float(): number {
    return Math.random();
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from(randomBytes(length));
  }
}
