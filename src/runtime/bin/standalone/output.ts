import type { EventSink, ObjectReference, Remark } from '../../model/index.ts';
import { type Clock, millis } from '../../platform/ports.ts';
import { type FolderObserver, type Row, renderTable } from '../../standalone/index.ts';

/** What metal-standalone says; with `--output json` each is one line. */
export type StandaloneReport =
  | {
      readonly type: 'services';
      readonly table: string;
      /** Every address assigned. */
      readonly addresses: readonly string[];
    }
  | { readonly type: 'remark' | 'event'; readonly text: string };

/** Time in which changes are gathered into one table. */
const GATHER = millis(50);

/** Prints tables, Events and remarks for people, or the same for programs. */
export class StandaloneOutput implements FolderObserver, EventSink {
  readonly #clock: Clock;
  readonly #write: (report: StandaloneReport) => void;
  #rows: readonly Row[] = [];
  #shown: string | undefined;
  #due = false;

  constructor(clock: Clock, form: 'text' | 'json') {
    this.#clock = clock;
    this.#write = (report): void => {
      process.stdout.write(`${form === 'json' ? JSON.stringify(report) : readable(report)}\n`);
    };
  }

  services(rows: readonly Row[]): void {
    this.#rows = rows;
    if (this.#due) return;
    this.#due = true;
    this.#clock.after(GATHER, () => this.#show());
  }

  remark(text: string): void {
    this.#write({ type: 'remark', text });
  }

  record({ kind, namespace, name }: ObjectReference, remark: Remark): void {
    const { type, reason, message } = remark;
    const place = namespace === '' ? '' : ` in ${namespace}`;
    const text = `${type}  ${reason}  ${kind.toLowerCase()}/${name}${place}: ${message}`;
    this.#write({ type: 'event', text });
  }

  /** Prints the table unless only ages differ from the last one. */
  #show(): void {
    this.#due = false;
    const content = JSON.stringify(this.#rows.map(({ view, clusterIP }) => [view, clusterIP]));
    if (content === this.#shown) return;
    this.#shown = content;
    const table = renderTable(this.#rows, this.#clock.epochMillis());
    const addresses = [...new Set(this.#rows.flatMap(({ view }) => view.ingress))].sort();
    this.#write({ type: 'services', table, addresses });
  }
}

function readable(report: StandaloneReport): string {
  return report.type === 'services' ? `\n${report.table}\n` : report.text;
}
