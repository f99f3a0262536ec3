import { type Json, identify } from '../json.ts';
import { isOlder } from './version.ts';

/** One object came, changed (both values) or went. */
export interface Change<T> {
  readonly key: string;
  readonly now: T | undefined;
  readonly before: T | undefined;
}

/**
 * Takes what a request of ours learnt about an object, `undefined` for "it is gone", unless the watch has moved the
 * object meanwhile: then what the watch said is newer or will be corrected by it. Returns the change, if any.
 */
export type Commit<T> = (object: Json) => Change<T> | undefined;

interface Entry<T> {
  readonly version: string;
  readonly value: T;
}

/** An object of a list, already projected. */
export interface Listed<T> extends Entry<T> {
  readonly key: string;
}

interface Reservation {
  valid: boolean;
}

/** The version of an object that is gone. */
const GONE = '';

/**
 * The objects of one resource as last heard of, each as `project` sees it.
 *
 * Two voices speak about an object: the watch, in order but late, and the replies to our own requests, which may be
 * ahead of it. They are reconciled without comparing versions: a reply counts only if the watch did not touch the object
 * between request and reply, and then the watch is not listened to about this object until it has caught up with the
 * reply, or a new list came.
 */
export class Cache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  /** For objects known from a reply: the version that the watch has yet to reach. */
  readonly #ahead = new Map<string, string>();
  readonly #reservations = new Map<string, Set<Reservation>>();
  readonly #project: (object: Json) => T;

  constructor(project: (object: Json) => T) {
    this.#project = project;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.value;
  }

  versionOf(key: string): string | undefined {
    return this.#entries.get(key)?.version;
  }

  get size(): number {
    return this.#entries.size;
  }

  *entries(): Generator<[string, T]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }

  /** Takes one event of the watch. */
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Json): Change<T> | undefined {
    const identity = identify(object);
    if (identity === undefined) return undefined;
    const { key, version } = identity;
    if (!this.#caughtUp(key, type, version)) return undefined;
    this.#invalidate(key);
    return type === 'DELETED' ? this.#remove(key) : this.#put(key, version, object);
  }

  /** Projects the objects of one page, so that nothing else of them need be held until the list is complete. */
  prepare(objects: readonly Json[]): Listed<T>[] {
    const listed: Listed<T>[] = [];
    for (const object of objects) {
      const identity = identify(object);
      if (identity === undefined) continue;
      const { key, version } = identity;
      const known = this.#entries.get(key);
      const value = known?.version === version ? known.value : this.#project(object);
      listed.push({ key, version, value });
    }
    return listed;
  }

  /**
   * Takes a complete list of the given version: what it lacks is gone. A list that was under way while a reply told
   * of something visibly newer does not undo it; the watch from that version will bring it.
   */
  replace(objects: readonly Listed<T>[], listVersion: string): Change<T>[] {
    const listed = new Map(objects.map((object) => [object.key, object]));
    for (const [key, version] of this.#ahead) {
      if (!isOlder(listVersion, version)) this.#ahead.delete(key);
    }
    const changes: (Change<T> | undefined)[] = [];
    for (const key of [...this.#entries.keys(), ...this.#reservations.keys()]) {
      if (listed.has(key) || this.#ahead.has(key)) continue;
      this.#invalidate(key);
      changes.push(this.#remove(key));
    }
    for (const { key, version, value } of listed.values()) {
      if (this.versionOf(key) === version || this.#ahead.has(key)) continue;
      this.#invalidate(key);
      changes.push(this.#set(key, version, value));
    }
    return changes.filter((change) => change !== undefined);
  }

  /** To be called before a request is sent; the function it returns takes the reply, once. */
  reserve(key: string): Commit<T> {
    const reservation: Reservation = { valid: true };
    const held = this.#reservations.get(key) ?? new Set();
    this.#reservations.set(key, held.add(reservation));
    return (object) => {
      held.delete(reservation);
      if (held.size === 0 && this.#reservations.get(key) === held) this.#reservations.delete(key);
      if (!reservation.valid) return undefined;
      const version = identify(object)?.version ?? GONE;
      if (version === (this.#entries.get(key)?.version ?? GONE)) return undefined;
      this.#invalidate(key);
      this.#ahead.set(key, version);
      return version === GONE ? this.#remove(key) : this.#put(key, version, object);
    };
  }

  /** Whether the watch is past what a reply told; until then it only repeats what was true before. */
  #caughtUp(key: string, type: string, version: string): boolean {
    const ahead = this.#ahead.get(key);
    if (ahead === undefined) return true;
    const reached = ahead === GONE ? type === 'DELETED' : version === ahead;
    if (reached || isOlder(ahead, version)) {
      this.#ahead.delete(key);
      return true;
    }
    return false;
  }

  #invalidate(key: string): void {
    for (const reservation of this.#reservations.get(key) ?? []) reservation.valid = false;
    this.#reservations.delete(key);
  }

  #put(key: string, version: string, object: Json): Change<T> | undefined {
    if (this.versionOf(key) === version) return undefined;
    return this.#set(key, version, this.#project(object));
  }

  #set(key: string, version: string, value: T): Change<T> {
    const before = this.#entries.get(key);
    this.#entries.set(key, { version, value });
    return { key, now: value, before: before?.value };
  }

  #remove(key: string): Change<T> | undefined {
    const before = this.#entries.get(key);
    if (before === undefined) return undefined;
    this.#entries.delete(key);
    return { key, now: undefined, before: before.value };
  }
}
