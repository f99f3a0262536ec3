import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Endpoint } from '../../src/runtime/gossip/index.ts';
import type {
  Binding,
  Listener,
  NetworkError,
  Stream,
  Transport,
} from '../../src/runtime/gossip/network.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { millis, seconds } from '../../src/runtime/platform/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** What `look` finds, as soon as it finds something; on a busy machine that takes a while. */
function soon<T>(look: () => T | Promise<T>): ReturnType<typeof vi.waitUntil<T>> {
  return vi.waitUntil(look, { timeout: 10_000 });
}

const octets = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const unsent = (error: NetworkError): never => {
  throw error;
};

/** Keeps what happened at a bound address. */
class Ear implements Listener {
  readonly datagrams: { text: string; from: Endpoint }[] = [];
  readonly streams: Stream[] = [];
  turned = 0;

  datagram(heard: Uint8Array, from: Endpoint): void {
    this.datagrams.push({ text: Buffer.from(heard).toString(), from });
  }

  stream(stream: Stream): void {
    this.streams.push(stream);
  }

  turnedAway(): void {
    this.turned += 1;
  }

  trouble(error: NetworkError): void {
    throw error;
  }
}

/** What every Transport promises, in memory or on this machine's sockets. */
export function transportContract(
  name: string,
  address: IpAddress,
  makeTransport: (clock: ManualClock) => Transport,
): void {
  describe(`${name} as a Transport`, () => {
    let clock: ManualClock;
    let transport: Transport;
    let near: Binding;
    let far: Binding;
    let nearEar: Ear;
    let farEar: Ear;

    const options = { streamLimit: seconds(10), maxStreams: 3 };
    const bind = (listener: Listener, port = 0): Promise<Binding> =>
      transport.bind({ address, port }, listener, options);
    const connected = async (): Promise<[Stream, Stream]> => {
      const mine = await near.dial(far.endpoint, seconds(5));
      const theirs = await soon(() => farEar.streams.shift());
      return [mine, theirs];
    };
    const readAll = async (stream: Stream): Promise<Uint8Array> => {
      const chunks: Uint8Array[] = [];
      for (let chunk = await stream.read(); chunk; chunk = await stream.read()) {
        chunks.push(chunk);
        expect(chunk.length).toBeLessThanOrEqual(65_536);
      }
      return new Uint8Array(Buffer.concat(chunks));
    };

    /** Ended or broken: which of them the peer of a broken stream sees is left open. */
    const over = (stream: Stream): Promise<unknown> =>
      readAll(stream).catch((error: unknown) =>
        expect(error).toMatchObject({ name: 'NetworkError' }),
      );

    beforeEach(async () => {
      clock = new ManualClock();
      transport = makeTransport(clock);
      [nearEar, farEar] = [new Ear(), new Ear()];
      near = await bind(nearEar);
      far = await bind(farEar);
    });

    afterEach(async () => {
      await Promise.all([near.close(), far.close()]);
    });

    test('sends datagrams from the address it is bound to', async () => {
      near.send(octets('hello'), far.endpoint, unsent);
      const heard = await soon(() => farEar.datagrams[0]);
      expect(heard).toEqual({ text: 'hello', from: near.endpoint });
      far.send(octets('and back'), heard.from, unsent);
      expect(await soon(() => nearEar.datagrams[0])).toMatchObject({ text: 'and back' });
    });

    test('keeps empty datagrams to itself', async () => {
      near.send(octets(''), far.endpoint, unsent);
      near.send(octets('after'), far.endpoint, unsent);
      await soon(() => farEar.datagrams.length > 0);
      expect(farEar.datagrams.map(({ text }) => text)).toEqual(['after']);
    });

    test('goes on hearing after sending to a port where nobody listens', async () => {
      const gone = await bind(new Ear());
      await gone.close();
      for (let count = 0; count < 20; count += 1) near.send(octets('?'), gone.endpoint, unsent);
      await soon(() => {
        far.send(octets('still there'), near.endpoint, unsent);
        return nearEar.datagrams.length > 3;
      });
      expect(nearEar.datagrams[3]).toEqual({ text: 'still there', from: far.endpoint });
    });

    test('says so when a datagram cannot be sent', async () => {
      const failed = vi.fn();
      near.send(new Uint8Array(70_000), far.endpoint, failed);
      await soon(() => failed.mock.calls.length > 0);
      expect(failed).toHaveBeenCalledWith(
        expect.objectContaining({ message: expect.stringMatching(/too long/) as unknown }),
      );
    });

    test('carries octets both ways and tells the end', async () => {
      const [mine, theirs] = await connected();
      await mine.write(octets('request'));
      expect(await theirs.read()).toEqual(octets('request'));
      await theirs.write(octets('response'));
      theirs.close();
      expect(await readAll(mine)).toEqual(octets('response'));
      mine.close();
    });

    test('carries a megabyte, piece by piece', async () => {
      const [mine, theirs] = await connected();
      const much = new Uint8Array(1 << 20).map((_, index) => index % 251);
      const written = mine.write(much).then(() => mine.close());
      expect(Buffer.compare(await readAll(theirs), much)).toBe(0);
      await written;
      theirs.close();
    });

    test('tells refusal from silence', async () => {
      const gone = await bind(new Ear());
      await gone.close();
      await expect(near.dial(gone.endpoint, seconds(5))).rejects.toMatchObject({
        name: 'NetworkError',
        fault: 'refused',
        message: expect.stringMatching(/^dial tcp .*: connect: connection refused$/) as unknown,
      });
    });

    test('breaks a stream when its time is over, however it is busy', async () => {
      const [mine, theirs] = await connected();
      clock.advance(millis(4999));
      await theirs.write(octets('just in time'));
      expect(await mine.read()).toEqual(octets('just in time'));
      const reading = expect(mine.read()).rejects.toMatchObject({ fault: 'timeout' });
      clock.advance(millis(1));
      await reading;
      await expect(mine.write(octets('late'))).rejects.toMatchObject({ fault: 'timeout' });
      await over(theirs);
    });

    test('serves so many streams from outside at once, and turns others away', async () => {
      const held = [await connected(), await connected(), await connected()];
      const beyond = await near.dial(far.endpoint, seconds(5)).catch((error: unknown) => {
        expect(error).toMatchObject({ name: 'NetworkError' });
        return undefined;
      });
      await soon(() => farEar.turned === 1);
      if (beyond !== undefined) await over(beyond);
      expect(farEar.streams).toEqual([]);
      for (const [mine, theirs] of held) {
        theirs.close();
        mine.close();
      }
      const served = await soon(async () => {
        const stream = await near.dial(far.endpoint, seconds(5)).catch(() => undefined);
        return stream !== undefined && farEar.streams[0];
      });
      expect(served.peer.address).toBe(address);
    });

    test('refuses an address that is taken, until it is free again', async () => {
      const { port } = far.endpoint;
      await expect(bind(new Ear(), port)).rejects.toMatchObject({
        message: expect.stringMatching(/address already in use/) as unknown,
      });
      await far.close();
      far = await bind(farEar, port);
      near.send(octets('again'), far.endpoint, unsent);
      await soon(() => farEar.datagrams.some(({ text }) => text === 'again'));
    });

    test('breaks its streams and sends nothing any more once closed', async () => {
      const [mine, theirs] = await connected();
      const broken = expect(mine.read()).rejects.toMatchObject({ fault: 'failed' });
      await near.close();
      await broken;
      await over(theirs);
      const failed = vi.fn();
      near.send(octets('late'), far.endpoint, failed);
      await soon(() => failed.mock.calls.length > 0);
      await expect(near.dial(far.endpoint, seconds(1))).rejects.toMatchObject({ fault: 'failed' });
    });
  });
}
