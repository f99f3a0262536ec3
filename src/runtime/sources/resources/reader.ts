import {
  type ResourceReading,
  type ResourceSet,
  readResources,
} from '../../../config-crd/index.ts';
import { type ObjectReference, isSameConfig } from '../../model/index.ts';
import type { Finding, FindingSink, Origin, PlacedProblem } from '../finding.ts';

export interface ResourceReaderOptions {
  readonly namespace: string;
  /** Whose validators run: the controller's or a speaker's. crd.md §2.7 */
  readonly mode: 'none' | 'native' | 'frr';
  /**
   * Go on without what only waits for something that may still arrive: for the controller, which needs no peers to
   * assign addresses. crd.md §2.8
   */
  readonly withoutWaiting: boolean;
  /** Hears of every reading, of those too that say nothing new. */
  readonly listener?: ReadingListener;
}

/** Hears how the resources were read. */
export interface ReadingListener {
  /**
   * @param objects - as they were read
   * @param finding - what stands after it
   * @param left - why objects were left out that only wait for something
   */
  read(objects: readonly unknown[], finding: Finding, left: readonly PlacedProblem[]): void;
}

/** The resources as they were read from somewhere. */
export interface ResourcePicture extends ResourceSet {
  /** What was read, with resource versions, for people. */
  readonly versions: string;
  /** What could not be read, in words. */
  readonly unread: readonly string[];
  /** The object that changed last: who edits one thing wants to hear of it there. */
  readonly changed?: ObjectReference;
}

/** Kinds of which at least one object must be there: with no pool at all nothing is configured yet. crd.md §8 (3) */
const POOL_KINDS = ['IPAddressPool', 'AddressPool'];

/** Turns pictures of the resources into findings, and passes on only those that say something new. */
export class ResourceReader {
  readonly #options: ResourceReaderOptions;
  readonly #sink: FindingSink;
  #last: Finding | undefined;
  #count = 0;

  constructor(options: ResourceReaderOptions, sink: FindingSink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** The resources cannot be had, or there are none. */
  nothing(): void {
    this.#pass({ kind: 'nothing', origin: { fields: this.#fields() } }, []);
  }

  picture(picture: ResourcePicture): void {
    if (!picture.objects.some(isPool)) {
      this.#pass({ kind: 'nothing', origin: { fields: this.#fields() } }, picture.objects);
      return;
    }
    const { reading, left } = this.#read(picture);
    const { versions, changed } = picture;
    const about = changed === undefined ? {} : { about: changed };
    const origin: Origin = { fields: this.#fields(), versions, ...about };
    const token = `resources ${this.#count}`;
    if (reading.kind === 'refused') {
      const { message, problems } = reading;
      this.#pass({ kind: 'refused', token, message, problems, origin }, picture.objects);
      return;
    }
    const { config, warnings } = reading;
    const unread = [...picture.unread, ...left.map(({ message }) => message)];
    const more = unread.length === 0 ? {} : { unread };
    const finding: Finding = { kind: 'config', token, config, warnings, origin, ...more };
    this.#pass(finding, picture.objects, left);
  }

  /** Reads all, or all but what waits; `left` names that. */
  #read(picture: ResourcePicture): {
    readonly reading: ResourceReading;
    readonly left: readonly PlacedProblem[];
  } {
    const reading = readResources(picture, this.#options);
    if (reading.kind === 'config' || !reading.transient || !this.#options.withoutWaiting) {
      return { reading, left: [] };
    }
    const waiting = new Set(reading.problems.map(({ object }) => object?.uid));
    const objects = picture.objects.filter((object) => !waiting.has(uidOf(object)));
    const left = reading.problems;
    return { reading: readResources({ ...picture, objects }, this.#options), left };
  }

  #pass(finding: Finding, objects: readonly unknown[], left: readonly PlacedProblem[] = []): void {
    const known = this.#last !== undefined && saysTheSame(this.#last, finding);
    const standing = known ? (this.#last ?? finding) : finding;
    this.#options.listener?.read(objects, standing, left);
    if (known) return;
    this.#last = finding;
    this.#count += 1;
    this.#sink.take(finding);
  }

  #fields(): Origin['fields'] {
    return { resources: this.#options.namespace };
  }
}

function saysTheSame(a: Finding, b: Finding): boolean {
  if (a.kind === 'config' && b.kind === 'config') {
    return (
      isSameConfig(a.config, b.config) &&
      JSON.stringify([a.warnings, a.unread]) === JSON.stringify([b.warnings, b.unread])
    );
  }
  if (a.kind === 'refused' && b.kind === 'refused') {
    return JSON.stringify(a.problems) === JSON.stringify(b.problems);
  }
  return a.kind === 'nothing' && b.kind === 'nothing';
}

function isPool(object: unknown): boolean {
  return POOL_KINDS.includes((object as { kind?: string }).kind ?? '');
}

function uidOf(object: unknown): string | undefined {
  return (object as { metadata?: { uid?: string } }).metadata?.uid;
}
