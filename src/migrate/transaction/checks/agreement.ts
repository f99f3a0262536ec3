import { type Json, identify, member, text } from '../../../runtime/kube/index.ts';

/** What the programs said last of the two sources, in their Events about the ConfigMap. product.md §2 */
export interface Report {
  /** As in `the controller` and `the speaker on node-a`. */
  readonly program: string;
  readonly kind: 'agree' | 'differ';
  readonly message: string;
}

/** A program that is to report. */
export interface Reporter {
  readonly component: string;
  /** The node; empty for the controller. */
  readonly host: string;
}

/** What agreement is asked for. */
export interface Question {
  readonly reporters: readonly Reporter[];
  /** `resourceVersion` of the ConfigMap, or an older one with the same text. */
  readonly configMap: string;
  /** Objects, as `Kind/name`, that are younger than `since`. */
  readonly written: readonly string[];
  readonly since: string;
}

export interface Answer {
  readonly agreed: readonly string[];
  readonly differ: readonly Report[];
  /** Programs that have not said anything about what is there now. */
  readonly silent: readonly string[];
}

export const CONTROLLER = 'metallb-controller';
export const SPEAKER = 'metallb-speaker';
const REASONS: Readonly<Record<string, Report['kind']>> = {
  ConfigSourcesAgree: 'agree',
  ConfigSourcesDiffer: 'differ',
};
const VERSIONS = /([A-Za-z0-9]+\/[a-z0-9.-]+)@(\d+)/g;
const CONFIG_MAP = /\bConfigMap \S+ at (\d+)/;

function programText({ component, host }: Reporter): string {
  if (component === CONTROLLER) return 'the controller';
  return component === SPEAKER ? `the speaker on ${host}` : `${component} ${host}`.trim();
}

/** What the Events about a ConfigMap say of what is there now; Events of earlier states answer nothing. */
export function answerIn(events: readonly Json[], question: Question): Answer {
  const [agreed, silent]: [string[], string[]] = [[], []];
  const differ: Report[] = [];
  for (const reporter of question.reporters) {
    const program = programText(reporter);
    const last = lastOf(events, reporter);
    const message = text(member(last, 'message'));
    const kind = REASONS[text(member(last, 'reason'))];
    if (kind === undefined || !isAbout(message, question)) silent.push(program);
    else if (kind === 'agree') agreed.push(program);
    else differ.push({ program, kind, message });
  }
  return { agreed, differ, silent };
}

/** The Event that a program wrote, or counted up, last. */
function lastOf(events: readonly Json[], { component, host }: Reporter): Json {
  return events
    .filter((event) => {
      const source = member(event, 'source');
      return (
        REASONS[text(member(event, 'reason'))] !== undefined &&
        text(member(source, 'component')) === component &&
        (component === CONTROLLER || text(member(source, 'host')) === host)
      );
    })
    .toSorted((a, b) => versionOf(a) - versionOf(b))
    .at(-1);
}

/** Versions are decimal numbers on every server there is; where they are not, the order of the list is kept. */
function versionOf(event: Json): number {
  return Number(identify(event)?.version ?? 0) || 0;
}

/**
 * Whether a message was written when everything was there: it names this ConfigMap or a later state of it, and no object of ours in a state from
 * before the first write. Long messages name only some objects; since advertisements come last, and nothing agrees
 * without them, these are enough.
 */
function isAbout(message: string, { configMap, written, since }: Question): boolean {
  const about = CONFIG_MAP.exec(message)?.[1];
  if (about === undefined || Number(about) < Number(configMap)) return false;
  const named = new Map(
    [...message.matchAll(VERSIONS)].map(([, key = '', version = '']) => [key, version]),
  );
  return written.every((key) => {
    const version = named.get(key);
    return version === undefined || Number(version) > Number(since);
  });
}
