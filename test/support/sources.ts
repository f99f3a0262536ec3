import type { Acceptance, Config, ConfigConsumer } from '../../src/runtime/model/index.ts';
import type { ConfigDocument, ConfigInbox } from '../../src/runtime/sources/document.ts';
import type { SourceObserver } from '../../src/runtime/sources/index.ts';

/** Takes every configuration, or refuses for the reason it is given. */
export class Consumer implements ConfigConsumer {
  readonly offered: Config[] = [];
  refusal: string | undefined;
  inForce: Config | undefined;

  apply(config: Config): Acceptance {
    this.offered.push(config);
    if (this.refusal !== undefined) return { kind: 'refused', reason: this.refusal };
    this.inForce = config;
    return { kind: 'accepted' };
  }

  /** Names of the pools in force. */
  get pools(): string[] | undefined {
    return this.inForce?.pools.map(({ name }) => name);
  }
}

/** The two gauges. */
export class ConfigGauges implements SourceObserver {
  loaded = 0;
  staleness = 0;

  accepted(): void {
    this.loaded = 1;
    this.staleness = 0;
  }

  stale(): void {
    this.staleness = 1;
  }
}

/** Keeps what a source found, in words. */
export class Inbox implements ConfigInbox {
  readonly found: string[] = [];
  readonly documents: ConfigDocument[] = [];

  get last(): string | undefined {
    return this.found.at(-1);
  }

  document(document: ConfigDocument): void {
    this.documents.push(document);
    this.found.push(document.text);
  }

  missing(): void {
    this.found.push('<missing>');
  }

  unreadable(message: string): void {
    this.found.push(`<unreadable> ${message}`);
  }
}
