import type { Random } from '../../../src/runtime/platform/ports.ts';

/** How datagrams fare. Times in milliseconds. */
export interface Weather {
  /** Of datagrams, 0 to 1. */
  readonly loss: number;
  /** Of datagrams, 0 to 1. */
  readonly duplication: number;
  readonly leastDelay: number;
  /** Of what comes on top of the least delay: exponential, so that datagrams overtake each other. */
  readonly meanDelay: number;
  /** Of datagrams, 0 to 1: those that come up to half a second late. */
  readonly stragglers: number;
}

const CALM: Weather = {
  loss: 0,
  duplication: 0,
  leastDelay: 0.1,
  meanDelay: 0.3,
  stragglers: 0,
};

/** Which hosts hear which, and how well. */
export class VirtualNetwork {
  weather: Weather = CALM;
  readonly #random: Random;
  readonly #hosts: number;
  readonly #cut: Uint8Array;

  constructor(hosts: number, random: Random) {
    this.#hosts = hosts;
    this.#random = random;
    this.#cut = new Uint8Array(hosts * hosts);
  }

  /** Whether what `from` sends reaches `to`; the way back is another. */
  reaches(from: number, to: number): boolean {
    return this.#cut[from * this.#hosts + to] === 0;
  }

  cut(from: number, to: number): void {
    this.#cut[from * this.#hosts + to] = 1;
  }

  heal(): void {
    this.#cut.fill(0);
  }

  /** After how long each copy of a datagram arrives: none if it is lost. */
  datagram(from: number, to: number): readonly number[] {
    const { loss, duplication } = this.weather;
    if (!this.reaches(from, to) || this.#happens(loss)) return [];
    const delay = this.#delay();
    return this.#happens(duplication) ? [delay, this.#delay()] : [delay];
  }

  /** How long a stream takes one way; lost segments come again. */
  stream(): number {
    return this.#delay() + (this.#happens(this.weather.loss) ? 200 : 0);
  }

  #delay(): number {
    const { leastDelay, meanDelay, stragglers } = this.weather;
    const tail = -Math.log(1 - this.#random.float()) * meanDelay;
    const late = this.#happens(stragglers) ? this.#random.float() * 500 : 0;
    return leastDelay + tail + late;
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#random.float() < probability;
  }
}
