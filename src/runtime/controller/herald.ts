import type { EventSink, Remark, ServiceView } from '../model/index.ts';
import type { Logger } from '../platform/ports.ts';
import type { LogLine } from './ports.ts';

/** Tells what happened to Services, each thing when it begins and not at every look. legacy.md §9.2 #18. */
export class Herald {
  readonly #events: EventSink;
  readonly #log: Logger;
  /** What was the case at the last look. */
  readonly #said = new Map<string, ReadonlySet<string>>();

  constructor(events: EventSink, log: Logger) {
    this.#events = events;
    this.#log = log;
  }

  /** Says what is the case now; a line that repeats the last look's goes to `debug`. */
  tell(view: ServiceView, remarks: readonly Remark[], lines: readonly LogLine[]): void {
    const before = this.#said.get(view.key);
    const now = new Set([...remarks, ...lines].map((item) => JSON.stringify(item)));
    if (now.size === 0) this.#said.delete(view.key);
    else this.#said.set(view.key, now);
    const log = lines.length === 0 ? this.#log : this.#log.with({ service: view.key });
    for (const line of lines) {
      log[before?.has(JSON.stringify(line)) ? 'debug' : line.level](line.fields);
    }
    for (const remark of remarks) {
      if (!before?.has(JSON.stringify(remark))) this.#events.record(referenceTo(view), remark);
    }
  }

  forget(key: string): void {
    this.#said.delete(key);
  }
}

function referenceTo({ key, uid }: ServiceView): Parameters<EventSink['record']>[0] {
  const [namespace = '', name = ''] = key.split('/');
  return { apiVersion: 'v1', kind: 'Service', namespace, name, uid };
}
