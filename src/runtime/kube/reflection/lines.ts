import { ConnectionError } from '../api.ts';

/** The longest line taken: several times the largest object that a server stores. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** Puts the lines of a stream together again, however it was cut. */
export class LineSplitter {
  #rest: string[] = [];
  #length = 0;

  /** The lines that `chunk` completes, empty ones left out; throws a `ConnectionError` rather than hold a boundless one. */
  split(chunk: string): string[] {
    const parts = chunk.split('\n');
    const last = parts.pop() ?? '';
    const lines: string[] = [];
    for (const part of parts) {
      lines.push(this.#rest.length === 0 ? part : [...this.#rest, part].join(''));
      this.#rest = [];
      this.#length = 0;
    }
    if (last !== '') this.#rest.push(last);
    this.#length += last.length;
    if (this.#length > LONGEST_LINE) throw new ConnectionError('a line of the watch is too long');
    return lines.filter((line) => line !== '');
  }

  /** Whether the stream stands in the middle of a line. */
  get torn(): boolean {
    return this.#length > 0;
  }
}
