import type { ServerResponse } from 'node:http';
import type { Fault } from './faults.ts';
import type { ApiObject, Filter, StoredEvent } from './object-store.ts';

interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}

/** One open watch: events in, lines out, with what its fault does to them. */
export class WatchStream {
  readonly resource: string;
  readonly #response: ServerResponse;
  readonly #filter: Filter;
  readonly #fault: Fault | undefined;
  #heldBack: WatchEvent | undefined;
  #cutDone = false;

  constructor(
    response: ServerResponse,
    watched: { resource: string; filter: Filter },
    fault: Fault | undefined,
  ) {
    this.#response = response;
    this.resource = watched.resource;
    this.#filter = watched.filter;
    this.#fault = fault;
    response.writeHead(200, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' });
    response.flushHeaders();
    this.#open();
  }

  /** Sends what the selector sees of an event: an object that stops matching is DELETED to the watcher. */
  send({ type, object, before }: StoredEvent): void {
    const matched = before !== undefined && this.#filter(before);
    const matches = type !== 'DELETED' && this.#filter(object);
    if (matches) this.#emit({ type: matched ? 'MODIFIED' : 'ADDED', object });
    else if (matched) this.#emit({ type: 'DELETED', object });
  }

  bookmark(version: string, like: Pick<ApiObject, 'apiVersion' | 'kind'>): void {
    const object = { ...like, metadata: { resourceVersion: version } };
    if (this.#fault?.type !== 'silence') this.#write({ type: 'BOOKMARK', object });
  }

  end(): void {
    this.#response.end();
  }

  break(): void {
    this.#response.destroy();
  }

  #open(): void {
    const fault = this.#fault;
    if (fault?.type === 'errorEvent') {
      const reason = fault.code === 410 ? 'Expired' : 'InternalError';
      const status = { kind: 'Status', code: fault.code, reason, message: 'as told by the test' };
      this.#write({ type: 'ERROR', object: status });
      this.end();
    }
    if (fault?.type === 'line') this.#response.write(`${fault.line}\n`);
    if (fault?.type === 'end') this.end();
  }

  #emit(event: WatchEvent): void {
    switch (this.#fault?.type) {
      case 'silence':
        return;
      case 'duplicate':
        this.#write(event);
        this.#write(event);
        return;
      case 'reorder':
        this.#swap(event);
        return;
      case 'cut':
        this.#cut(event);
        return;
      default:
        this.#write(event);
    }
  }

  #swap(event: WatchEvent): void {
    if (this.#heldBack === undefined) {
      this.#heldBack = event;
      return;
    }
    this.#write(event);
    this.#write(this.#heldBack);
    this.#heldBack = undefined;
  }

  #cut(event: WatchEvent): void {
    if (this.#cutDone) return;
    this.#cutDone = true;
    const line = JSON.stringify(event);
    this.#response.write(line.slice(0, line.length / 2), () => this.break());
  }

  #write(event: WatchEvent): void {
    if (!this.#response.writableEnded) this.#response.write(`${JSON.stringify(event)}\n`);
  }
}
