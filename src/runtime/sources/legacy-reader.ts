import { type LegacyOptions, readLegacyConfig } from '../../config-legacy/index.ts';
import { relocated } from './complaint.ts';
import type { ConfigDocument, ConfigInbox } from './document.ts';
import type { FindingSink, Origin } from './finding.ts';

/** Reads legacy documents. A text that was read is not read again until another one comes. legacy.md §1.1 */
export class LegacyReader implements ConfigInbox {
  readonly #options: LegacyOptions;
  readonly #sink: FindingSink;

  /** @param options - mode `none` for the controller, which refuses nothing that only some speakers do not serve */
  constructor(options: LegacyOptions, sink: FindingSink) {
    this.#options = options;
    this.#sink = sink;
  }

  document(document: ConfigDocument): void {
    const { text: token, origin } = document;
    const reading = readLegacyConfig(token, this.#options);
    if (reading.kind === 'config') {
      const warnings = relocated(reading.warnings, document);
      this.#sink.take({ kind: 'config', token, config: reading.config, warnings, origin });
      return;
    }
    const problems = relocated(reading.problems, document);
    this.#sink.take({ kind: 'refused', token, message: reading.message, problems, origin });
  }

  missing(origin: Origin): void {
    this.#sink.take({ kind: 'nothing', origin });
  }

  unreadable(message: string, origin: Origin): void {
    this.#sink.take({ kind: 'unreadable', message, origin });
  }
}
