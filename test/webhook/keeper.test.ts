import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError, ConnectionError } from '../../src/runtime/kube/index.ts';
import { Secret } from '../../src/runtime/model/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import {
  type CertificateBundle,
  type ServingPair,
} from '../../src/runtime/webhook/certificates/bundle.ts';
import { CertificateKeeper, IssuingFailed } from '../../src/runtime/webhook/certificates/keeper.ts';
import { refusalOf } from '../../src/runtime/webhook/server.ts';
import { SharedSecret, issuer } from '../support/certificates.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const days = (count: number): number => count * 24 * 60 * 60 * 1000;
const service = { namespace: 'metallb-system', name: 'webhook-service' };
const HOST = 'webhook-service.metallb-system.svc';
const nothing = new Secret('');
const EMPTY: CertificateBundle = {
  ...{ caCertificate: '', certificate: '' },
  ...{ caKey: nothing, key: nothing },
};

let clock: ManualClock;
let secret: SharedSecret;
let replicas: Replica[];

beforeEach(() => {
  clock = new ManualClock();
  secret = new SharedSecret();
  replicas = [];
});

afterEach(async () => {
  for (const replica of replicas) await replica.stop();
});

/** One controller with what it did, in order. */
class Replica {
  readonly presented: ServingPair[] = [];
  readonly injected: (readonly string[])[] = [];
  readonly steps: string[] = [];
  readonly logger = new RecordingLogger();
  injectionFailure: Error | undefined;
  issuingFailure: Error | undefined;
  issued = 0;
  readonly keeper: CertificateKeeper;
  readonly #control = new AbortController();
  #ended: Promise<void> | undefined;

  constructor() {
    replicas.push(this);
    this.keeper = new CertificateKeeper({
      store: secret,
      refusal: refusalOf,
      issue: async (order) => {
        this.issued += 1;
        if (this.issuingFailure !== undefined) throw this.issuingFailure;
        return issuer(order);
      },
      inject: async (authorities) => {
        if (this.injectionFailure !== undefined) throw this.injectionFailure;
        this.injected.push(authorities);
        this.steps.push('inject');
      },
      present: (pair) => {
        this.presented.push(pair);
        this.steps.push('present');
      },
      expires: (at) => this.steps.push(`expires ${new Date(at * 1000).getUTCFullYear()}`),
      looked: (outcome) => this.steps.push(outcome),
      ...{ service, clock, logger: this.logger },
    });
  }

  /** Starts, and waits for the outcome of the first look. */
  async start(): Promise<this> {
    this.#ended = this.keeper.run(this.#control.signal);
    await this.done();
    return this;
  }

  /** Waits until it is asleep: what is under way takes no time, but certificates are made in the background. */
  async done(): Promise<void> {
    await vi.waitUntil(() => clock.pending >= replicas.length, { interval: 1 });
  }

  get certificate(): string | undefined {
    return this.presented.at(-1)?.certificate;
  }

  get trusted(): readonly string[] {
    return this.injected.at(-1) ?? [];
  }

  said(msg: string): readonly Readonly<Record<string, unknown>>[] {
    return this.logger.lines.map(({ fields }) => fields).filter((line) => line['msg'] === msg);
  }

  async stop(): Promise<void> {
    this.#control.abort();
    await this.#ended;
  }
}

/** Lets time pass until every replica sleeps again. */
async function pass(duration: number): Promise<void> {
  clock.advance(seconds(duration));
  await new Promise((resolve) => setImmediate(resolve));
  for (const replica of replicas) await replica.done();
}

function stored(): CertificateBundle {
  if (typeof secret.found === 'string') throw new Error(secret.found);
  return secret.found.bundle;
}

describe('at the start', () => {
  test.each<[what: string, found: CertificateBundle | 'absent', reason: string]>([
    ['no Secret', 'absent', 'there is no Secret webhook-server-cert'],
    ['the empty one of the manifest', EMPTY, 'ca.crt holds no certificate'],
    ['an ill-formed one', { ...EMPTY, caCertificate: 'nonsense' }, 'ca.crt holds no certificate'],
  ])('of %s a certificate is made, stored, served and trusted', async (_, found, reason) => {
    if (found !== 'absent') secret.put(found);
    const replica = await new Replica().start();
    expect(replica.steps).toEqual(['present', 'expires 2027', 'inject', 'settled']);
    expect(replica.certificate).toBe(stored().certificate);
    expect(replica.trusted).toEqual([stored().caCertificate]);
    expect(replica.said('made a certificate')).toMatchObject([
      { reason, secret: 'metallb-system/webhook-server-cert' },
    ]);
  });

  test('of a good one that is used', async () => {
    secret.put(await issuer({ names: [HOST], now: clock.epochMillis() }));
    const replica = await new Replica().start();
    expect(replica.certificate).toBe(stored().certificate);
    expect([replica.issued, secret.writes]).toEqual([0, 0]);
  });

  test('of one for another name a new one under the same authority is made', async () => {
    const old = await issuer({ names: ['other.metallb-system.svc'], now: clock.epochMillis() });
    secret.put(old);
    const replica = await new Replica().start();
    expect(stored().caCertificate).toBe(old.caCertificate);
    expect(replica.said('made a certificate')).toMatchObject([
      { reason: `tls.crt is not for ${HOST}` },
    ]);
  });

  test('two replicas come to serve the same certificate', async () => {
    const quicker = await issuer({ names: [HOST], now: clock.epochMillis() });
    secret.beforeWrite = () => {
      secret.beforeWrite = () => {};
      secret.put(quicker);
    };
    const replica = await new Replica().start();
    expect(replica.certificate).toBe(quicker.certificate);
    expect(replica.trusted).toEqual([quicker.caCertificate]);
    expect(secret.writes).toBe(0);
  });

  test('without the right to read or to write nothing is served, and that is known', async () => {
    secret.found = 'forbidden';
    expect((await new Replica().start()).steps).toEqual(['hopeless']);
    secret.found = 'absent';
    secret.writable = false;
    expect((await new Replica().start()).steps).toEqual(['hopeless']);
  });

  test('a right that is granted later is used', async () => {
    secret.found = 'forbidden';
    const replica = await new Replica().start();
    secret.found = 'absent';
    await pass(60);
    expect(replica.certificate).toBe(stored().certificate);
  });
});

describe('while it runs', () => {
  test('the trust is looked at every minute', async () => {
    const replica = await new Replica().start();
    await pass(60);
    await pass(60);
    expect(replica.injected).toHaveLength(3);
    expect([replica.presented.length, secret.writes]).toEqual([1, 1]);
  });

  test('the trust is looked at when somebody does not trust, but not all the time', async () => {
    const replica = await new Replica().start();
    replica.keeper.look();
    await pass(0);
    expect(replica.injected).toHaveLength(1);
    await pass(5);
    expect(replica.injected).toHaveLength(2);
  });

  test('the certificate is renewed 90 days before its end, under the same authority', async () => {
    const replica = await new Replica().start();
    const [first, authority] = [stored().certificate, stored().caCertificate];
    await pass((days(275) - 120_000) / 1000);
    expect(replica.certificate).toBe(first);
    await pass(240);
    expect(replica.certificate).not.toBe(first);
    expect(replica.certificate).toBe(stored().certificate);
    expect(replica.trusted).toEqual([authority]);
  });

  test('a Secret that goes is made anew, and the old authority is trusted until all have changed', async () => {
    const replica = await new Replica().start();
    const former = stored().caCertificate;
    secret.found = 'absent';
    replica.steps.length = 0;
    await pass(60);
    const current = stored().caCertificate;
    expect(current).not.toBe(former);
    // Both are trusted before the new one is used.
    expect(replica.injected.at(-1)).toEqual([current, former]);
    expect(replica.steps).toEqual(['inject']);
    await pass(2);
    expect(replica.steps).toEqual(['inject', 'present', 'expires 2027', 'inject', 'settled']);
    expect(replica.trusted).toEqual([current, former]);
    await pass(300);
    await pass(300);
    await pass(60);
    expect(replica.trusted).toEqual([current]);
  });

  test('what another replica has renewed is served within a minute', async () => {
    const [first, second] = [await new Replica().start(), await new Replica().start()];
    secret.put(await issuer({ names: [HOST], now: clock.epochMillis() }));
    await pass(60);
    await pass(2);
    expect([first.certificate, second.certificate]).toEqual([
      stored().certificate,
      stored().certificate,
    ]);
  });

  test('whatever fails is tried again, told once, and what is served goes on', async () => {
    const replica = await new Replica().start();
    secret.failure = new ConnectionError('ECONNREFUSED');
    await pass(60);
    for (const pause of [1, 2, 4, 8, 16]) await pass(pause);
    expect(replica.logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(replica.presented).toHaveLength(1);
    secret.failure = undefined;
    await pass(60);
    expect(replica.steps.at(-1)).toBe('settled');
  });

  test('a certificate is served although nobody can be told to trust it', async () => {
    const replica = new Replica();
    replica.injectionFailure = new ApiError(500, 'InternalError', 'no');
    await replica.start();
    expect(replica.presented).toHaveLength(1);
    replica.injectionFailure = undefined;
    await pass(1);
    expect(replica.trusted).toEqual([stored().caCertificate]);
  });

  test('a certificate that cannot be made is tried again, and the program runs on', async () => {
    const replica = new Replica();
    replica.issuingFailure = new IssuingFailed('no certificate could be made: ERR_WORKER');
    await replica.start();
    for (const pause of [1, 2]) await pass(pause);
    expect(replica.steps).toEqual([]);
    expect(replica.logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    replica.issuingFailure = undefined;
    await pass(4);
    expect(replica.certificate).toBe(stored().certificate);
  });

  test('a chain that somebody damaged is never shown, and made anew', async () => {
    const old = await issuer({ names: [HOST], now: clock.epochMillis() });
    secret.put({ ...old, certificate: old.certificate + old.caCertificate.slice(0, 200) });
    const replica = await new Replica().start();
    expect(replica.presented).toHaveLength(1);
    expect(refusalOf(stored())).toBeUndefined();
    expect(replica.trusted).toEqual([old.caCertificate]);
  });

  test('a fault of our own is not taken for one of the API', async () => {
    const replica = new Replica();
    replica.injectionFailure = new TypeError('ours');
    await expect(replica.keeper.run(new AbortController().signal)).rejects.toThrow('ours');
  });
});

test('keys never reach the log', async () => {
  const replica = await new Replica().start();
  const [, line = ''] = stored().key.reveal().split('\n');
  expect(JSON.stringify(replica.logger.lines)).not.toContain(line);
});
