import { describe, expect, test } from 'vitest';
import { Bodies } from '../../src/runtime/webhook/bodies.ts';

const MIB = 1024 * 1024;

/** A body that comes chunk by chunk, and ends when it is told to. */
class Upload {
  readonly #waiting: (() => void)[] = [];
  readonly #chunks: Buffer[] = [];
  #ended = false;
  #failure: Error | undefined;

  send(octets: number): this {
    this.#chunks.push(Buffer.alloc(octets, 'x'));
    return this.#wake();
  }

  end(): this {
    this.#ended = true;
    return this.#wake();
  }

  fail(): this {
    this.#failure = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
    return this.#wake();
  }

  #wake(): this {
    for (const wake of this.#waiting.splice(0)) wake();
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) yield chunk;
      else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

function asker(bodies: Bodies): (upload: Upload) => Promise<number> {
  return async (upload) => {
    const { code } = await bodies.answered(upload, async (body) => ({
      code: 200,
      body: `${body.length}`,
    }));
    return code;
  };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('bodies', () => {
  test('are held up to 16 MiB in all, and small ones are answered all the same', async () => {
    const ask = asker(new Bodies());
    const [first, second, third] = [new Upload(), new Upload(), new Upload()];
    const held = [ask(first.send(8 * MIB)), ask(second.send(8 * MIB))];
    await turn();
    expect(await ask(third.send(MIB).end())).toBe(503);
    expect(await ask(new Upload().send(60 * 1024).end())).toBe(200);
    first.end();
    second.end();
    expect(await Promise.all(held)).toEqual([200, 200]);
    expect(await ask(new Upload().send(8 * MIB).end())).toBe(200);
  });

  test('of callers that break off are forgotten', async () => {
    const ask = asker(new Bodies());
    for (let caller = 0; caller < 5; caller += 1) {
      const upload = new Upload().send(7 * MIB);
      const asked = ask(upload);
      await turn();
      upload.fail();
      expect(await asked).toBe(400);
    }
    expect(await ask(new Upload().send(8 * MIB).end())).toBe(200);
  });

  test('larger than 8 MiB are not read to their end', async () => {
    const ask = asker(new Bodies());
    expect(await ask(new Upload().send(4 * MIB).send(5 * MIB))).toBe(413);
  });

  test('of more than 256 callers at a time are not read', async () => {
    const ask = asker(new Bodies());
    const uploads = Array.from({ length: 256 }, () => new Upload());
    const held = uploads.map((upload) => ask(upload));
    expect(await ask(new Upload().end())).toBe(503);
    for (const upload of uploads) upload.end();
    expect(new Set(await Promise.all(held))).toEqual(new Set([200]));
    expect(await ask(new Upload().end())).toBe(200);
  });
});
