import { type Clock, type Duration, millis } from '../../platform/ports.ts';

const BEAT: Duration = millis(250);

/** Notices that this program did not get to run: stopped, frozen with its machine, or starved. */
export class Lateness {
  readonly #clock: Clock;
  readonly #heard: (by: Duration) => void;
  #timer: Disposable | undefined;

  /** @param heard - told how much later than due each look came */
  constructor(clock: Clock, heard: (by: Duration) => void) {
    this.#clock = clock;
    this.#heard = heard;
  }

  start(): void {
    const due = this.#clock.now() + BEAT;
    this.#timer = this.#clock.after(BEAT, () => {
      const late = millis(Math.max(0, this.#clock.now() - due));
      this.start();
      this.#heard(late);
    });
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
  }
}
