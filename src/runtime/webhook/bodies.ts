import type { Reply } from './desk.ts';

/** An object of 1.5 MiB, which is what etcd takes, as it was and as it shall be, with room to spare. */
const LARGEST = 8 * 1024 * 1024;
/** Octets of a body that are never denied. */
const SMALL = 64 * 1024;
/** Octets of all bodies at a time, beyond what is small of each: whoever is in the cluster can connect. */
const MOST = 16 * 1024 * 1024;
/** Requests at a time. */
const MOST_REQUESTS = 256;

const BUSY: Reply = { code: 503, body: 'the webhook has too much to answer; try again' };
const BROKEN_OFF: Reply = { code: 400, body: 'the request was broken off' };

/** Reads the bodies of requests, and keeps what they take of the memory within bounds. */
export class Bodies {
  #requests = 0;
  /** Octets that are held, beyond what is small of each body. */
  #held = 0;

  /** Answers a body once all of it is read. One that is too large is not read to its end. */
  async answered(
    request: AsyncIterable<Buffer>,
    answer: (body: string) => Promise<Reply>,
  ): Promise<Reply> {
    if (this.#requests >= MOST_REQUESTS) return BUSY;
    this.#requests += 1;
    const share = { large: 0 };
    try {
      const body = await this.#read(request, share);
      return typeof body === 'string' ? await answer(body) : body;
    } finally {
      this.#requests -= 1;
      this.#held -= share.large;
    }
  }

  /** The body, or the answer to what is not read. Counts into `share` what it holds beyond what is small. */
  async #read(request: AsyncIterable<Buffer>, share: { large: number }): Promise<string | Reply> {
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of request) {
        length += chunk.length;
        if (length > LARGEST) return { code: 413, body: `more than ${LARGEST} octets` };
        const more = Math.max(0, length - SMALL) - share.large;
        if (this.#held + more > MOST) return BUSY;
        this.#held += more;
        share.large += more;
        chunks.push(chunk);
      }
    } catch (error) {
      // Errors of streams have a code; nobody is there any more to be answered.
      if (error instanceof Error && 'code' in error) return BROKEN_OFF;
      throw error;
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}
