import { type LanHost, eventually } from '../../../cluster/index.ts';

/** What a pod of the image echo answers. */
export interface Answer {
  readonly pod: string;
  /** The source address of the request as it arrived at the pod. */
  readonly client: string;
}

const REACHED_WITHIN = 20_000;
/** Of curl: the address or the port does not answer; time is over. */
const NO_ANSWER = /curl: \((7|28)\)/;

/** The cluster as a host of the same segment sees it that is no part of it. */
export class Outside {
  readonly host: LanHost;

  constructor(host: LanHost) {
    this.host = host;
  }

  /** Fetches from an address, or any other URL below http, until there is a good answer. */
  async fetch(place: string, ...options: readonly string[]): Promise<string> {
    const url = `http://${place}/`;
    return await eventually(
      `${url} answers`,
      async () => await this.host.curl(url, ...options),
      REACHED_WITHIN,
    );
  }

  /** As {@link fetch}, of what the image echo says. */
  async reach(place: string, ...options: readonly string[]): Promise<Answer> {
    return JSON.parse(await this.fetch(place, ...options)) as Answer;
  }

  /** What the pods say to several requests, one after the other. */
  async reachAgain(place: string, times: number): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let time = 0; time < times; time += 1) answers.push(await this.reach(place));
    return answers;
  }

  /** Waits until a request gets no answer at all. */
  async refused(place: string, ...options: readonly string[]): Promise<void> {
    await eventually(`http://${place}/ does not answer`, async () => {
      const failure = await failureOf(this.host.curl(`http://${place}/`, ...options));
      return failure !== undefined && NO_ANSWER.test(failure.message);
    });
  }

  /** Waits until no host of the segment answers for an address, and finds that curl fails as well. */
  async silent(address: string): Promise<void> {
    await eventually(`nobody answers for ${address}`, async () => {
      return (await this.arping(address)).length === 0 || undefined;
    });
    this.host.namespace.ip('neigh', 'flush', 'dev', 'eth0');
    await this.refused(address);
  }

  /** The MAC addresses that answer a broadcast question for an address within a second. */
  async arping(address: string): Promise<string[]> {
    const asked = this.host.run('arping', '-b', '-w', '1', '-I', 'eth0', address);
    const heard = await asked.catch((error: unknown) => (error as { stdout: string }).stdout);
    const answers = heard.matchAll(/reply from \S+ \[(\S+)\]/g);
    return [...new Set([...answers].map(([, mac = '']) => mac.toLowerCase()))];
  }

  /** What ping prints of one packet, whether it is answered or not. */
  async ping(address: string): Promise<string> {
    const asked = this.host.run('ping', '-n', '-c', '1', '-W', '8', address);
    return await asked.catch((error: unknown) => (error as { stdout: string }).stdout);
  }

  /** The MAC address that the kernel finds when it must ask anew. */
  async neighbor(address: string): Promise<string> {
    this.host.ask(address);
    return await eventually(`${address} is resolved`, () => this.host.neighbor(address));
  }
}

async function failureOf(attempt: Promise<unknown>): Promise<Error | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
