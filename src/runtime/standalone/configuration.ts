import {
  type LegacyOptions,
  findLegacyDocuments,
  readLegacyConfig,
} from '../../config-legacy/index.ts';
import { type Config, type ConfigConsumer, type Problem, formatProblem } from '../model/index.ts';
import { type Clock, seconds } from '../platform/ports.ts';
import { isMapping } from './manifest.ts';
import type { Placed } from './picture.ts';

/** Seconds until a configuration that was refused for the addresses in use is offered again; doubles up to the last. */
const RETRY = { first: 0.1, last: 30 } as const;
/** Refusals after which somebody should know, where the first is no news. */
const NEWS = 5;

/**
 * Brings the folder's ConfigMap into force: reads it, offers it to every consumer, and offers it again while one
 * cannot take it yet. Whatever is wrong, the last good configuration stays in force.
 */
export class Configuration {
  readonly #clock: Clock;
  readonly #rules: LegacyOptions;
  readonly #consumers: readonly ConfigConsumer[];
  readonly #say: (remark: string) => void;
  #text: string | undefined;
  #inForce = false;
  #retry: Disposable | undefined;

  constructor(
    clock: Clock,
    rules: LegacyOptions,
    consumers: readonly ConfigConsumer[],
    say: (remark: string) => void,
  ) {
    this.#clock = clock;
    this.#rules = rules;
    this.#consumers = consumers;
    this.#say = say;
  }

  /**
   * Takes what the folder has now.
   *
   * @param textOf - the whole text of a file, for positions in it
   * @returns what stands in the way, as remarks that hold until the next call.
   */
  take(configs: readonly Placed[], textOf: (file: string) => string): readonly string[] {
    const [found, ...others] = configs;
    const stays = this.#inForce ? '; the configuration in force stays' : '';
    if (found === undefined) return [`no ConfigMap named "config" in this folder${stays}`];
    if (others.length > 0) {
      const places = configs.map(({ file, manifest }) => `${file}:${manifest.line}`).join(', ');
      return [`more than one ConfigMap named "config" (${places}): leave one${stays}`];
    }
    const text = documentOf(found);
    if (text === undefined) return [`${found.file}: data.config is not a text${stays}`];
    const outcome = readLegacyConfig(text, this.#rules);
    const place = (problem: Problem): string => placed(problem, found, textOf(found.file));
    if (outcome.kind === 'refused') {
      this.#text = undefined;
      this.#stopRetrying();
      return outcome.problems.map((problem) => `${place(problem)}${stays}`);
    }
    if (text !== this.#text) {
      this.#text = text;
      this.#offer(outcome.config, 1);
    }
    return outcome.warnings.map(place);
  }

  close(): void {
    this.#stopRetrying();
  }

  /** The first consumer assigns, those after it follow: they may have to wait until it has. */
  #offer(config: Config, attempt: number): void {
    this.#stopRetrying();
    for (const [index, consumer] of this.#consumers.entries()) {
      const acceptance = consumer.apply(config);
      if (acceptance.kind === 'accepted') continue;
      if (attempt === (index === 0 ? 1 : NEWS)) {
        this.#say(`configuration refused: ${acceptance.reason}`);
      }
      const pause = Math.min(RETRY.first * 2 ** (attempt - 1), RETRY.last);
      this.#retry = this.#clock.after(seconds(pause), () => this.#offer(config, attempt + 1));
      return;
    }
    this.#say(
      this.#inForce ? 'the new configuration is in force' : 'the configuration is in force',
    );
    this.#inForce = true;
  }

  #stopRetrying(): void {
    this.#retry?.[Symbol.dispose]();
    this.#retry = undefined;
  }
}

/** The configuration's text; a ConfigMap without it configures nothing. legacy.md §1.1 */
function documentOf({ manifest }: Placed): string | undefined {
  const content = manifest.object['data'];
  if (content === undefined || content === null) return '';
  if (!isMapping(content)) return undefined;
  const { config = '' } = content;
  return typeof config === 'string' ? config : undefined;
}

/** `file:line:column: message`, the position counted in the file. */
function placed(problem: Problem, { file, manifest }: Placed, text: string): string {
  const { line, column, ...rest } = problem;
  const message = formatProblem(rest);
  if (line === undefined) return `${file}:${manifest.line}: ${message}`;
  const document = findLegacyDocuments(text).documents.find(
    ({ origin }) => origin.kind === 'ConfigMap' && origin.name === 'config',
  );
  const position = document?.locate(line, column ?? 1);
  if (position === undefined) return `${file}: data.config, line ${line}: ${message}`;
  return `${file}:${position.line}:${position.column}: ${message}`;
}
