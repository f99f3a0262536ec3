import { type Duration, millis, seconds } from '../../platform/ports.ts';
import { ApiError, ConnectionError, type Query, apiError } from '../api.ts';
import { Cache, type Change, type Listed } from './cache.ts';
import { type Json, type ObjectIdentity, elements, identify, member, text } from '../json.ts';
import { backOff, longestPause } from '../pause.ts';
import { isOlder } from './version.ts';

/** What happened, as the shell tells it. `lasted` is how long the watch had been open. */
export type Happening =
  | { readonly type: 'started' | 'waited' }
  /** One page of a list, parsed. */
  | { readonly type: 'page'; readonly page: Json }
  /** One line of a watch, without its end. */
  | { readonly type: 'line'; readonly line: string; readonly lasted: Duration }
  /** The watch ended in good order, or `torn`: in the middle of a line. */
  | { readonly type: 'ended'; readonly torn: boolean; readonly lasted: Duration }
  /** A request or a watch failed; anything but an `ApiError` is a matter of the connection. */
  | { readonly type: 'failed'; readonly error: Error; readonly lasted: Duration }
  /** Why the resource cannot be listed and watched; without an obstacle it can. */
  | { readonly type: 'probed'; readonly obstacle?: Error };

/** What to do next. */
export type Command =
  | { readonly type: 'list' | 'watch'; readonly query: Query }
  /** Go on reading the watch. */
  | { readonly type: 'read' }
  /** Pause for a jittered time, at most `ceiling` and at least `floor`. */
  | { readonly type: 'wait'; readonly ceiling: Duration; readonly floor: Duration }
  /** Ask, by discovery and SelfSubjectAccessReview, whether the resource can be had. */
  | { readonly type: 'probe' };

/** What an observer may want to hear; `error` says what went wrong. */
export type Notice =
  | { readonly type: 'synced' | 'available' }
  | { readonly type: 'unavailable' | 'relisting'; readonly error: Error }
  /** `failures` counts those in a row. */
  | { readonly type: 'interrupted'; readonly error: Error; readonly failures: number };

/**
 * How much is made of a refusal. `ask again`: none counts before a probe confirms it. `ask first`: the first list waits
 * for a probe too.
 */
export type Caution = 'none' | 'ask again' | 'ask first';

export interface Step<T> {
  readonly changes: readonly Change<T>[];
  readonly notices: readonly Notice[];
  readonly command: Command;
}

const PAGE_SIZE = '500';
/** A million objects: more than a server can hold. */
const MOST_PAGES = 2000;
const FIRST_PAUSE = millis(200);
const FIRST_PROBE = seconds(5);
const LONGEST_PROBE = seconds(180);
/** A watch that lasted this long was healthy: what ends it is not counted with what failed before. */
const HEALTHY = seconds(3);
/** As many failures count at most of the time when no server was there, once one answers: it need not wait for long. */
const FORGIVING = 3;
/** After so many refusals in a row the version itself is in doubt, as after a restored etcd. */
const DOUBTS = 3;

/**
 * The list-watch protocol as a state machine: pages, lines and failures in; changes and the next command out.
 *
 * It lists page by page, consistently; an expired page token asks for the whole at once. It watches from the version
 * of the list and remembers the latest version it saw, so that a watch that ends goes on where it was. 410, in either
 * form, lists anew; so does a stream whose versions visibly fall, since something between has reordered it and only a
 * list can tell what is true. Everything that cannot be understood interrupts the watch, which
 * brings it again. Forbidden and NotFound make the resource *unavailable*: the cache stays as it was, and only probes
 * are sent, 5 s to 3 minutes apart, until one succeeds. A probe without an answer says nothing and is soon sent again.
 * Where that is asked for, a refusal counts once a probe has confirmed it: a server that has just started refuses for
 * some seconds what it will serve.
 */
export class Reflector<T> {
  readonly cache: Cache<T>;
  #version = '';
  #listed = false;
  #pages: Listed<T>[][] = [];
  #whole = false;
  #failures = 0;
  /** Whether the last failure was that no server was there. */
  #away = false;
  #doubts = 0;
  #probes = 0;
  #available = true;
  /** Whether to probe before anything else is sent. */
  #unsure: boolean;
  /** Whether the next refusal has to be confirmed. */
  #hesitates: boolean;
  readonly #query: Query;
  readonly #caution: Caution;

  constructor(query: Query, project: (object: Json) => T, caution: Caution = 'none') {
    this.#query = query;
    this.#caution = caution;
    this.#unsure = caution === 'ask first';
    this.#hesitates = caution === 'ask again';
    this.cache = new Cache(project);
  }

  /** Whether the first list is complete. */
  get synced(): boolean {
    return this.#listed;
  }

  next(happening: Happening): Step<T> {
    switch (happening.type) {
      case 'started':
      case 'waited':
        return go(this.#available && !this.#unsure ? this.#resume() : { type: 'probe' });
      case 'page':
        return this.#page(happening.page);
      case 'line':
        return this.#line(happening.line, happening.lasted);
      case 'ended':
        return this.#ended(happening.torn, happening.lasted);
      case 'failed':
        return this.#failed(happening.error, happening.lasted);
      case 'probed':
        return this.#probed(happening.obstacle);
      default:
        return happening satisfies never;
    }
  }

  #list(): Command {
    this.#version = '';
    this.#pages = [];
    return {
      type: 'list',
      query: this.#whole ? this.#query : { ...this.#query, limit: PAGE_SIZE },
    };
  }

  #resume(): Command {
    if (this.#version === '') return this.#list();
    const resourceVersion = this.#version;
    const query = { ...this.#query, watch: '1', allowWatchBookmarks: 'true', resourceVersion };
    return { type: 'watch', query };
  }

  #page(page: Json): Step<T> {
    const metadata = member(page, 'metadata');
    const version = text(member(metadata, 'resourceVersion'));
    const items = member(page, 'items') ?? [];
    if (version === '' || !Array.isArray(items) || this.#pages.length >= MOST_PAGES) {
      return this.#interrupt(new TypeError('the list is not one'), millis(0));
    }
    this.#pages.push(this.cache.prepare(elements(items)));
    const token = text(member(metadata, 'continue'));
    if (token !== '') {
      return go({ type: 'list', query: { ...this.#query, limit: PAGE_SIZE, continue: token } });
    }
    const changes = this.cache.replace(this.#pages.flat(), version);
    const notices = this.#takeStock();
    this.#version = version;
    this.#pages = [];
    return { changes, notices, command: this.#resume() };
  }

  /** Notes that a list is complete; says what is new about that. */
  #takeStock(): Notice[] {
    const notices: Notice[] = [];
    if (!this.#available) notices.push({ type: 'available' });
    if (!this.#listed) notices.push({ type: 'synced' });
    this.#available = true;
    this.#listed = true;
    this.#hesitates = this.#caution !== 'none';
    this.#whole = false;
    this.#probes = 0;
    this.#doubts = 0;
    return notices;
  }

  #line(line: string, lasted: Duration): Step<T> {
    const event = parseLine(line);
    const type = text(member(event, 'type'));
    const object = member(event, 'object');
    if (type === 'ERROR') return this.#failed(apiError(object, 500), lasted);
    const version = text(member(member(object, 'metadata'), 'resourceVersion'));
    if (version === '') {
      return this.#doubt(new TypeError('the watch sent what is no event'), lasted);
    }
    if (type === 'BOOKMARK') return this.#advance(version);
    const identity = identify(object);
    if (!isChange(type) || identity === undefined) {
      return this.#doubt(new TypeError('the watch sent an event of no known kind'), lasted);
    }
    if (isOlder(version, this.#version) && !this.#isOldFarewell(type, identity)) {
      return this.#relist(new TypeError('the watch is out of order'), lasted);
    }
    this.#doubts = 0;
    const change = this.cache.apply(type, object);
    return { ...this.#advance(version), changes: change ? [change] : [] };
  }

  #advance(version: string): Step<T> {
    if (!isOlder(version, this.#version)) this.#version = version;
    return go({ type: 'read' });
  }

  /** Some servers send DELETED with the version of the object's last change: that is no sign of disorder. */
  #isOldFarewell(type: string, { key, version }: ObjectIdentity): boolean {
    return type === 'DELETED' && this.cache.versionOf(key) === version;
  }

  #ended(torn: boolean, lasted: Duration): Step<T> {
    if (torn) return this.#interrupt(new TypeError('the watch was cut off'), lasted);
    if (lasted < HEALTHY) return this.#interrupt(new TypeError('the watch ended early'), lasted);
    this.#failures = 0;
    return go(this.#resume());
  }

  #failed(error: Error, lasted: Duration): Step<T> {
    if (!(error instanceof ApiError)) return this.#interrupt(error, lasted);
    switch (error.code) {
      case 403:
      case 404:
        return this.#hesitates ? this.#hesitate(error) : this.#withdraw(error);
      case 410:
        this.#whole = this.#version === '' && this.#pages.length > 0;
        return this.#relist(error, lasted);
      case 401:
      case 429:
      case 503:
        return this.#interrupt(error, lasted);
      default:
        return this.#doubt(error, lasted);
    }
  }

  /** The server answered, but not with what was asked: after a few of these, the version is to blame. */
  #doubt(error: Error, lasted: number): Step<T> {
    this.#doubts += 1;
    return this.#doubts >= DOUBTS ? this.#relist(error, lasted) : this.#interrupt(error, lasted);
  }

  #relist(error: Error, lasted: number): Step<T> {
    this.#version = '';
    this.#doubts = 0;
    const { command } = this.#interrupt(error, lasted);
    return { changes: [], notices: [{ type: 'relisting', error }], command };
  }

  /** Goes on after a pause that grows; without one after a healthy watch. */
  #interrupt(error: Error, lasted: number): Step<T> {
    if (lasted >= HEALTHY) this.#failures = 0;
    const away = error instanceof ConnectionError;
    if (this.#away && !away) this.#failures = Math.min(this.#failures, FORGIVING);
    this.#away = away;
    const asked = error instanceof ApiError ? error.retryAfter : undefined;
    const ceiling = backOff(this.#failures, FIRST_PAUSE, longestPause(error));
    const unhurried = lasted >= HEALTHY && asked === undefined;
    this.#failures += 1;
    const command: Command = unhurried
      ? this.#resume()
      : { type: 'wait', ceiling, floor: asked ?? millis(0) };
    const notice: Notice = { type: 'interrupted', error, failures: this.#failures };
    return { changes: [], notices: [notice], command };
  }

  #probed(obstacle: Error | undefined): Step<T> {
    if (obstacle !== undefined && !isRefusal(obstacle)) {
      return this.#interrupt(obstacle, millis(0));
    }
    this.#unsure = false;
    return obstacle === undefined ? go(this.#list()) : this.#withdraw(obstacle);
  }

  #hesitate(error: Error): Step<T> {
    this.#hesitates = false;
    this.#unsure = true;
    this.#version = '';
    const notices: Notice[] = [{ type: 'relisting', error }];
    return { changes: [], notices, command: this.#waitForProbe() };
  }

  #withdraw(error: Error): Step<T> {
    const notices: Notice[] = this.#available ? [{ type: 'unavailable', error }] : [];
    this.#available = false;
    this.#version = '';
    return { changes: [], notices, command: this.#waitForProbe() };
  }

  #waitForProbe(): Command {
    const ceiling = backOff(this.#probes, FIRST_PROBE, LONGEST_PROBE);
    this.#probes += 1;
    return { type: 'wait', ceiling, floor: millis(0) };
  }
}

function go(command: Command): Step<never> {
  return { changes: [], notices: [], command };
}

function isRefusal(error: Error): boolean {
  return error instanceof ApiError && (error.code === 403 || error.code === 404);
}

function isChange(type: string): type is 'ADDED' | 'MODIFIED' | 'DELETED' {
  return type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED';
}

function parseLine(line: string): Json {
  try {
    return JSON.parse(line) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
