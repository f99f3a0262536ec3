import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Keyring, deriveKey } from '../../../gossip/index.ts';
import { Secret } from '../../../model/index.ts';
import { type Clock, type Logger, type Task, seconds } from '../../../platform/ports.ts';
import { type FoundKey, scheduleKeys } from '../../../speaker/index.ts';
import { abortOf } from '../tasks.ts';

export interface KeyFilePorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly useKeys: (keys: Keyring) => void;
}

export interface KeyFileOptions {
  /** The folder where the Secret is mounted. */
  readonly path: string;
  /** What it held at start. */
  readonly secret: Secret;
  readonly bytes: 16 | 32;
}

const INTERVAL = seconds(10);

/**
 * Follows a mounted key: the file changes when the Secret does, and the ring changes over to the new key without
 * losing a member, as long as every speaker gets it.
 */
export class KeyFile implements Task {
  readonly name = 'memberlist key';
  readonly #ports: KeyFilePorts;
  readonly #options: KeyFileOptions;
  #found: readonly FoundKey<Secret>[];
  #inUse: readonly Secret[];
  #trouble = '';

  constructor(ports: KeyFilePorts, options: KeyFileOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#found = [{ key: options.secret, since: ports.clock.now() }];
    this.#inUse = [options.secret];
  }

  /** The first seals, all open. */
  get keys(): Keyring {
    return new Keyring(this.#inUse.map((key) => deriveKey(key, this.#options.bytes)));
  }

  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#rest(signal);
      if (signal.aborted) return;
      await this.look();
    }
  }

  /** Reads the file and does what is due. */
  async look(): Promise<void> {
    const text = await this.#read();
    const secret = text === undefined || text === '' ? undefined : new Secret(text);
    const { clock, logger } = this.#ports;
    const now = clock.now();
    const latest = this.#found.at(-1)?.key;
    if (secret !== undefined && !secret.equals(latest)) {
      this.#found = [...this.#found, { key: secret, since: now }];
      const msg =
        'the memberlist key changed: accepted from now on, used once all speakers have it';
      logger.info({ op: 'rotateKey', msg });
    }
    const { keys, found } = scheduleKeys(this.#found, now);
    this.#found = found;
    if (isSame(keys, this.#inUse)) return;
    const isSealing = keys[0] !== this.#inUse[0];
    this.#inUse = keys;
    this.#ports.useKeys(this.keys);
    const isOneLeft = keys.length === 1;
    if (isSealing) logger.info({ op: 'rotateKey', msg: 'the new memberlist key is in use' });
    else if (isOneLeft) logger.info({ op: 'rotateKey', msg: 'the old memberlist key is gone' });
  }

  async #read(): Promise<string | undefined> {
    try {
      const text = await readFile(join(this.#options.path, 'secretkey'), 'utf8');
      this.#trouble = '';
      return text;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      const msg = 'failed to read memberlist secret key';
      if (this.#trouble !== error.message) {
        this.#ports.logger.warn({ op: 'rotateKey', error: error.message, msg });
      }
      this.#trouble = error.message;
      return undefined;
    }
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const timer = this.#ports.clock.after(INTERVAL, () => ended.abort());
    await Promise.race([abortOf(ended.signal), abortOf(signal)]);
    timer[Symbol.dispose]();
  }
}

function isSame(a: readonly Secret[], b: readonly Secret[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}
