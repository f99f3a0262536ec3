import { type Config, formatProblem } from '../model/index.ts';
import { type Claim, conditionMessage, reasonWord } from './condition.ts';
import type { BlamedProblem, Outcome, ReadObject } from './facts.ts';

/** What decides whether an object is accepted. */
export interface Situation {
  readonly outcome: Outcome;
  readonly inForce: Config | undefined;
  /** Whether what is in force was read from the resources. */
  readonly fromResources: boolean;
  /** The configuration that the controller could not take, and why. */
  readonly refusal: { readonly config: Config; readonly reason: string } | undefined;
  /** The objects of the configuration in force, by uid: the generation that is. */
  readonly applied: ReadonlyMap<string, number | undefined>;
}

type Answer = Pick<Claim, 'status' | 'reason' | 'message'>;

/**
 * Whether an object, as it is now, is part of the configuration in force, and if not, why; `undefined` while that is
 * not decided: what was read has not been offered yet.
 */
export function acceptedClaim(object: ReadObject, situation: Situation): Claim | undefined {
  const answer = ownFault(object, situation.outcome) ?? standing(object, situation);
  if (answer === undefined) return undefined;
  const { generation } = object;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const message = conditionMessage(answer.message);
  return { type: 'Accepted', status: answer.status, reason: answer.reason, message, ...observed };
}

/** What is wrong with the object itself. */
function ownFault(object: ReadObject, outcome: Outcome): Answer | undefined {
  const problems = outcome.kind === 'refused' ? outcome.problems : leftIn(outcome);
  const own = problems.filter((problem) => problem.object?.uid === object.uid);
  const [first] = own;
  if (first === undefined) return undefined;
  const message = own.map(formatProblem).join('; ');
  return { status: 'False', reason: reasonWord(first.reason), message };
}

/** Where an object stands that nothing is wrong with. */
function standing(object: ReadObject, situation: Situation): Answer | undefined {
  const { outcome, inForce, fromResources, applied } = situation;
  if (outcome.kind === 'config' && outcome.config === inForce) {
    return { status: 'True', reason: 'InForce', message: praise(object, outcome.warnings) };
  }
  const unchanged = applied.has(object.uid) && applied.get(object.uid) === object.generation;
  if (fromResources && unchanged) return { status: 'True', reason: 'InForce', message: IN_FORCE };
  return obstacle(situation);
}

/** Why an object that nothing is wrong with is not in force as it is. */
function obstacle({ outcome, inForce, fromResources, refusal }: Situation): Answer | undefined {
  switch (outcome.kind) {
    case 'refused': {
      const message = `the resources are refused because of another object: ${outcome.message}`;
      return { status: 'False', reason: 'ConfigurationRefused', message };
    }
    case 'nothing':
      return { status: 'False', reason: 'NoPool', message: NO_POOL };
    case 'config':
      if (refusal?.config === outcome.config) {
        return { status: 'False', reason: 'NotApplied', message: refusal.reason };
      }
      if (inForce === undefined || fromResources) return undefined;
      return { status: 'False', reason: 'ConfigMapInForce', message: OTHER_SOURCE };
    default:
      return outcome satisfies never;
  }
}

function praise(object: ReadObject, warnings: readonly BlamedProblem[]): string {
  const own = warnings.filter((warning) => warning.object?.uid === object.uid);
  return own.length === 0 ? IN_FORCE : `${IN_FORCE}, but ${own.map(formatProblem).join('; ')}`;
}

function leftIn(outcome: Outcome): readonly BlamedProblem[] {
  return outcome.kind === 'config' ? outcome.left : [];
}

const IN_FORCE = 'the object is part of the configuration in force';
const NO_POOL = 'nothing is configured while there is no IPAddressPool';
const OTHER_SOURCE =
  'the ConfigMap is in force: the resources are used once both say the same, or the ConfigMap is gone';
