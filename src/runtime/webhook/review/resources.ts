import {
  type ResourceProblem,
  type ResourceReading,
  type ResourceSet,
  readResources,
} from '../../../config-crd/index.ts';
import { type Json, identify, member, text } from '../../kube/index.ts';
import { formatProblem } from '../../model/index.ts';
import type { AdmissionRequest, Verdict } from './admission.ts';
import { remarksOn } from './remarks.ts';

/** What a verdict is made from. */
export interface ReviewFacts {
  readonly namespace: string;
  /** Whose validators run, from METALLB_BGP_TYPE as the original's controller reads it. crd.md §2.7 */
  readonly mode: 'none' | 'native' | 'frr';
  /** What is stored, the object in question as it was included. */
  readonly stored: ResourceSet;
  /** Whether the Secrets in it were read; otherwise nothing is said of what peers want from them. */
  readonly secretsRead: boolean;
  /** What {@link readResources} says of `stored`. */
  readonly standing: ResourceReading;
}

const MOST_PROBLEMS = 5;
/** Those of Secrets tell nothing where no Secret could be read. */
const OF_SECRETS = new Set(['secret-not-found', 'secret-wrong-type', 'secret-missing-password']);

/**
 * Judges a write to one of our resources. crd.md §2.10
 *
 * Beyond the original every kind, the nodes and the Secrets are looked at, so that what is admitted is what will run.
 * A write is refused for a problem that it brings, and that will not pass: what was broken before does not stand in the
 * way of other edits, and what only waits for something is told as a warning. Objects of other namespaces configure
 * nothing: they may be edited, and not be created.
 */
export function reviewResource(request: AdmissionRequest, facts: ReviewFacts): Verdict {
  const { operation, namespace } = request;
  if (operation === 'DELETE') return reviewDeletion(request, facts);
  if (operation !== 'CREATE' && operation !== 'UPDATE') return { kind: 'allowed', warnings: [] };
  return namespace === facts.namespace
    ? reviewWrite(request, facts)
    : reviewElsewhere(operation, facts);
}

function reviewWrite(request: AdmissionRequest, facts: ReviewFacts): Verdict {
  const { namespace, mode, stored, standing, secretsRead } = facts;
  const after = withObject(stored, request);
  const reading = readResources(after, { namespace, mode });
  const brought = problemsBrought(reading, standing);
  const lasting = brought.filter(({ transient }) => transient !== true);
  const waiting = brought.filter(
    ({ transient, reason }) => transient === true && (secretsRead || !OF_SECRETS.has(reason)),
  );
  const warnings = [
    ...waiting.map((problem) => `not in force until it exists: ${told(problem, request)}`),
    ...remarksOn(request, { before: standing, after: reading }),
  ];
  if (lasting.length === 0) return { kind: 'allowed', warnings };
  return { kind: 'refused', message: refusal(lasting, request), warnings };
}

/** Only creation is refused outside of the namespace; what is there already may be edited. crd.md §2.10 */
function reviewElsewhere(operation: string, { namespace }: ReviewFacts): Verdict {
  const message = `resource must be created in ${namespace} namespace`;
  if (operation === 'CREATE') return { kind: 'refused', message, warnings: [] };
  return { kind: 'allowed', warnings: [`it configures nothing here: ${message}`] };
}

/** A profile in use must stay; a reference to anything else that goes is told where it matters. crd.md §2.10 */
function reviewDeletion(request: AdmissionRequest, { namespace, stored }: ReviewFacts): Verdict {
  const { kind, name } = request;
  if (kind !== 'BFDProfile' || request.namespace !== namespace) {
    return { kind: 'allowed', warnings: [] };
  }
  const users = stored.objects
    .filter((object) => isUserOf(object, name, namespace))
    .map((object) => identify(object)?.name ?? '')
    .sort();
  const [first] = users;
  if (first === undefined) return { kind: 'allowed', warnings: [] };
  const message = `failed to delete BFDProfile ${name}, used by BGPPeer ${users.join(', ')}`;
  return { kind: 'refused', message, warnings: [] };
}

function isUserOf(object: Json, profile: string, namespace: string): boolean {
  if (member(object, 'kind') !== 'BGPPeer' || identify(object)?.namespace !== namespace) {
    return false;
  }
  return text(member(member(object, 'spec'), 'bfdProfile')) === profile;
}

/** The set with the object as it shall be in place of the object as it is. */
function withObject(set: ResourceSet, request: AdmissionRequest): ResourceSet {
  const { kind, namespace, name } = request;
  const others = set.objects.filter((other) => {
    const found = identify(other);
    const same = member(other, 'kind') === kind && found?.name === name;
    return !(same && found.namespace === namespace);
  });
  return { ...set, objects: [...others, withName(request.object)] };
}

/** Whoever asks for a generated name has none yet. */
function withName(object: Json): Json {
  const metadata = member(object, 'metadata');
  const stem = text(member(metadata, 'generateName'));
  if (!isRecord(object) || !isRecord(metadata) || stem === '' || identify(object)) return object;
  return { ...object, metadata: { ...metadata, name: `${stem}new` } };
}

function isRecord(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null;
}

/** The problems of `after` that `before` had not, in the original's order. */
function problemsBrought(
  after: ResourceReading,
  before: ResourceReading,
): readonly ResourceProblem[] {
  if (after.kind === 'config') return [];
  const known = new Set(before.kind === 'refused' ? before.problems.map(identityOf) : []);
  return after.problems.filter((problem) => !known.has(identityOf(problem)));
}

function identityOf({ object, path, reason, message }: ResourceProblem): string {
  return JSON.stringify([object?.kind, object?.namespace, object?.name, path, reason, message]);
}

/** The original's text first, and every further problem on a line of its own. */
function refusal(problems: readonly ResourceProblem[], request: AdmissionRequest): string {
  const lines = problems.slice(0, MOST_PROBLEMS).map((problem) => told(problem, request));
  const left = problems.length - lines.length;
  return [...lines, ...(left > 0 ? [`and ${left} more`] : [])].join('\n');
}

/** A problem with its place; the object is named where it is another one. */
function told(problem: ResourceProblem, { kind, name }: AdmissionRequest): string {
  const { object } = problem;
  const line = formatProblem(problem);
  if (object === undefined || (object.kind === kind && object.name === name)) return line;
  return `${line} (in ${object.kind} ${object.name})`;
}
