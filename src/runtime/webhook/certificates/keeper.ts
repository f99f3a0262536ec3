import { ApiError, ConnectionError } from '../../kube/index.ts';
import type { Secret } from '../../model/index.ts';
import {
  type Clock,
  type Duration,
  type Logger,
  type Task,
  millis,
  seconds,
} from '../../platform/ports.ts';
import { type CertificateBundle, type ServingPair, judge, validUntil } from './bundle.ts';
import { type BundleStore, type FoundBundle, SECRET_NAME } from './secret.ts';
import type { ServiceName } from './trust.ts';

/** Makes certificates; without an authority it makes one too. */
export type Issuer = (order: {
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly authority?: { readonly certificate: string; readonly key: Secret };
}) => Promise<CertificateBundle>;

/** No certificate could be made. The message has nothing of keys. */
export class IssuingFailed extends Error {
  override readonly name = 'IssuingFailed';
}

export interface KeeperOptions {
  readonly store: BundleStore;
  /** Rejects with {@link IssuingFailed}. */
  readonly issue: Issuer;
  /** Why TLS refuses a pair whose halves fit, in words. */
  readonly refusal: (pair: ServingPair) => string | undefined;
  /** Has the API server trust these authorities, PEM; the first is the one in use. */
  readonly inject: (authorities: readonly string[], signal: AbortSignal) => Promise<void>;
  /** Serves with this pair from now on. */
  readonly present: (pair: ServingPair) => void;
  /** Told when the certificate in use ends, in seconds since 1970. */
  readonly expires: (at: number) => void;
  /** Told after a look: all is in place, or rights are missing, and there will be no certificate for now. */
  readonly looked: (outcome: 'settled' | 'hopeless') => void;
  readonly service: ServiceName;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is served, and whom callers may still trust besides: replicas change over one after the other. */
interface Held {
  readonly bundle: CertificateBundle;
  readonly former?: { readonly authority: string; readonly until: Duration };
}

/** Between two looks at the Secret and at what points to us. */
const LOOK_AGAIN = seconds(60);
const FIRST_RETRY = seconds(1);
/** Between two looks that were asked for. */
const SOONEST = seconds(5);
/** How long the API servers get to hear of a new authority before it is used, and the old one stays trusted. */
const HEARD = seconds(2);
const FORMER_TRUSTED = seconds(600);
const ATTEMPTS = 5;

/**
 * Keeps a certificate in the Secret, has the API server trust it, and has it served. Whatever goes wrong with the API,
 * or in making a certificate, is tried again, and what is served goes on being served.
 */
export class CertificateKeeper implements Task {
  readonly name = 'webhook certificates';
  readonly #options: KeeperOptions;
  #held: Held | undefined;
  #failures = 0;
  #lookedAt = millis(-Infinity);
  #wake: () => void = () => undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Looks at everything soon: somebody did not trust us. */
  look(): void {
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#lookedAt = this.#options.clock.now();
      const pause = await this.#attempt(signal);
      await this.#wait(pause, signal);
    }
  }

  /** One look; returns how long to wait for the next. */
  async #attempt(signal: AbortSignal): Promise<Duration> {
    try {
      await this.#keep(signal);
      this.#failures = 0;
      return LOOK_AGAIN;
    } catch (error) {
      if (signal.aborted) return LOOK_AGAIN;
      if (!isPassing(error)) throw error;
      this.#failures += 1;
      const level = this.#failures === 3 ? 'warn' : 'debug';
      const msg = 'the certificate cannot be looked after; will try again';
      this.#options.logger[level]({ op: 'webhook', error, msg });
      return Math.min(FIRST_RETRY * 2 ** (this.#failures - 1), LOOK_AGAIN) as Duration;
    }
  }

  async #keep(signal: AbortSignal): Promise<void> {
    const bundle = await this.#obtain(signal);
    if (bundle === undefined) {
      this.#options.looked('hopeless');
      return;
    }
    const before = this.#held;
    if (before === undefined) {
      this.#take({ bundle });
    } else if (before.bundle.certificate !== bundle.certificate) {
      await this.#changeOver(before, bundle, signal);
    }
    await this.#options.inject(this.#authorities(), signal);
    this.#options.looked('settled');
  }

  /** Has the new authority trusted beside the old one before it is used, so that no call fails in between. */
  async #changeOver(before: Held, bundle: CertificateBundle, signal: AbortSignal): Promise<void> {
    const { clock, inject } = this.#options;
    const authority = before.bundle.caCertificate;
    if (authority === bundle.caCertificate) {
      this.#take({ ...before, bundle });
      return;
    }
    await inject([bundle.caCertificate, authority], signal);
    await pauseFor(clock, HEARD, signal);
    const until = millis(clock.now() + FORMER_TRUSTED);
    this.#take({ bundle, former: { authority, until } });
  }

  #take(held: Held): void {
    const { present, expires, logger } = this.#options;
    present(held.bundle);
    this.#held = held;
    const until = validUntil(held.bundle.certificate) ?? 0;
    expires(until / 1000);
    const fields = { op: 'webhook', until: new Date(until).toISOString() };
    logger.info({ ...fields, msg: 'certificate in use' });
  }

  #authorities(): readonly string[] {
    const held = this.#held;
    if (held === undefined) return [];
    const { bundle, former } = held;
    const trusted = former !== undefined && former.until > this.#options.clock.now();
    return [bundle.caCertificate, ...(trusted ? [former.authority] : [])];
  }

  /** What is stored if it is good, else what is made and stored now; `undefined` where rights are missing. */
  async #obtain(signal: AbortSignal): Promise<CertificateBundle | undefined> {
    const { store, clock, service, refusal } = this.#options;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const found = await store.read(signal);
      if (found === 'forbidden') return undefined;
      const fault = { fault: `there is no Secret ${SECRET_NAME}`, authority: 'lost' } as const;
      const host = `${service.name}.${service.namespace}.svc`;
      const judgement =
        found === 'absent'
          ? { kind: 'bad' as const, ...fault }
          : judge(found.bundle, { host, now: clock.epochMillis(), refusal });
      if (judgement.kind === 'good') return found === 'absent' ? undefined : found.bundle;
      const made = await this.#make(found, judgement.authority);
      const written = await store.write(made, found, signal);
      if (written === 'forbidden') return undefined;
      if (written === 'written') {
        const fields = { op: 'webhook', secret: `${service.namespace}/${SECRET_NAME}` };
        const { fault: reason } = judgement;
        this.#options.logger.info({ ...fields, reason, msg: 'made a certificate' });
        return made;
      }
    }
    throw new ConnectionError(`Secret ${SECRET_NAME} changes faster than it can be written`);
  }

  #make(found: FoundBundle | 'absent', authority: 'kept' | 'lost'): Promise<CertificateBundle> {
    const { issue, clock, service } = this.#options;
    const names = namesOf(service);
    const now = clock.epochMillis();
    if (found === 'absent' || authority === 'lost') return issue({ names, now });
    const { caCertificate: certificate, caKey: key } = found.bundle;
    return issue({ names, now, authority: { certificate, key } });
  }

  /** Waits, unless woken; not sooner than a while after the last look. */
  async #wait(duration: Duration, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await pauseFor(clock, duration, AbortSignal.any([signal, woken.signal]));
    const early = SOONEST - (clock.now() - this.#lookedAt);
    if (woken.signal.aborted && early > 0) await pauseFor(clock, millis(early), signal);
  }
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof ApiError || error instanceof ConnectionError || error instanceof IssuingFailed
  );
}

/** The names by which a Service can be called; API servers use the first. */
function namesOf({ name, namespace }: ServiceName): readonly string[] {
  const host = `${name}.${namespace}.svc`;
  return [host, `${host}.cluster.local`, `${name}.${namespace}`, name];
}

function pauseFor(clock: Clock, duration: Duration, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(duration, done);
    signal.addEventListener('abort', done);
  });
}
