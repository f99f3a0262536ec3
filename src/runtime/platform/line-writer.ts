/** The part of a Node stream that lines need; `process.stdout` is one. */
export interface LineStream {
  readonly writableLength: number;
  write(text: string, done?: () => void): boolean;
  on(event: 'drain', heard: () => void): unknown;
  on(event: 'error', heard: (error: NodeJS.ErrnoException) => void): unknown;
}

/** Octets that may wait for a slow reader; about ten thousand lines. */
const CAPACITY = 2 << 20;

/**
 * Writes lines to a stream whose reader may be slow, stuck or gone, without ever waiting for it: what does not
 * fit into the buffer is dropped and counted, and nothing more is written once the reader is gone.
 */
export class LineWriter {
  readonly #stream: LineStream;
  readonly #onDropped: (count: number) => void;
  #dropped = 0;
  #gone = false;

  /** @param onDropped - told how many lines were dropped, as soon as there is room again. */
  constructor(stream: LineStream, onDropped: (count: number) => void) {
    this.#stream = stream;
    this.#onDropped = onDropped;
    stream.on('drain', () => this.#drained());
    stream.on('error', (error) => this.#failed(error));
  }

  write(line: string): void {
    if (this.#gone) return;
    if (this.#stream.writableLength + line.length > CAPACITY) this.#dropped += 1;
    else this.#stream.write(`${line}\n`);
  }

  /** Resolves once everything is written, or can never be; a stuck reader lets it wait for ever. */
  flush(): Promise<void> {
    if (this.#gone) return Promise.resolve();
    return new Promise((resolve) => this.#stream.write('', () => resolve()));
  }

  #drained(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) this.#onDropped(dropped);
  }

  /** A reader that hung up is no reason to end, nor is a disk that is full. */
  #failed(error: NodeJS.ErrnoException): void {
    if (error.code === undefined) throw error;
    this.#gone = true;
  }
}
