import { Secret } from '../../src/runtime/model/index.ts';
import type { CertificateBundle } from '../../src/runtime/webhook/certificates/bundle.ts';
import type { Issuer } from '../../src/runtime/webhook/certificates/keeper.ts';
import type { BundleStore, FoundBundle } from '../../src/runtime/webhook/certificates/secret.ts';
import { issue } from '../../src/runtime/webhook/issuing/index.ts';

/** Makes real certificates, in this thread. */
export const issuer: Issuer = async ({ names, now, authority }) => {
  const made = await issue({
    ...{ names, now },
    ...(authority && {
      authority: { certificate: authority.certificate, key: authority.key.reveal() },
    }),
  });
  return { ...made, caKey: new Secret(made.caKey), key: new Secret(made.key) };
};

/** A Secret in memory, as replicas share it. */
export class SharedSecret implements BundleStore {
  found: FoundBundle | 'absent' | 'forbidden' = 'absent';
  /** What happens to a write: another replica is quicker, for instance. */
  beforeWrite: () => Promise<void> | void = () => {};
  failure: Error | undefined;
  writable = true;
  writes = 0;
  #version = 0;

  put(bundle: CertificateBundle): void {
    this.#version += 1;
    this.found = { bundle, version: String(this.#version) };
  }

  async read(): Promise<FoundBundle | 'absent' | 'forbidden'> {
    if (this.failure !== undefined) throw this.failure;
    return this.found;
  }

  async write(
    bundle: CertificateBundle,
    over: FoundBundle | 'absent',
  ): Promise<'written' | 'conflict' | 'forbidden'> {
    if (!this.writable) return 'forbidden';
    await this.beforeWrite();
    const expected = over === 'absent' ? over : over.version;
    const stored = typeof this.found === 'string' ? this.found : this.found.version;
    if (expected !== stored) return 'conflict';
    this.put(bundle);
    this.writes += 1;
    return 'written';
  }
}
