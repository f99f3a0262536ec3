import {
  type Json,
  coreResource,
  identify,
  member,
  pathOf,
  pause,
  text,
} from '../../../runtime/kube/index.ts';
import { millis, seconds } from '../../../runtime/platform/ports.ts';
import { type Ground, TransactionFailure } from '../ground.ts';
import { find, list, mayGoOn } from '../requests.ts';
import type { Observed } from '../steps/step.ts';
import { type Answer, type Question, type Reporter, answerIn } from './agreement.ts';

/** Between two looks at the Events. */
const INTERVAL = seconds(1);
/** What was said in the midst of the writes is said anew within this. */
const SECOND_THOUGHTS = seconds(20);

/** What the programs have said so far. */
export async function hear(ground: Ground, configMap: string, question: Question): Promise<Answer> {
  const fieldSelector = `involvedObject.kind=ConfigMap,involvedObject.name=${configMap}`;
  const events = await list(ground, coreResource('events', ground.namespace), { fieldSelector });
  return answerIn(events.items, question);
}

/**
 * Programs of ours must have heard of a ConfigMap that was put back before the resources go, or they would have neither.
 * Where there are no pools to go they have nothing to compare, and say nothing.
 *
 * @param insists - whether their silence is a reason to stop; else they are waited for a little
 */
export async function awaitConfigMap(
  ground: Ground,
  { objects }: Pick<Observed, 'objects'>,
  about: {
    readonly name: string;
    readonly reporters: readonly Reporter[];
    readonly insists: boolean;
  },
): Promise<void> {
  const { name, reporters, insists } = about;
  const { clock, interrupted } = ground;
  const isPool = (object: Json): boolean => text(member(object, 'kind')).endsWith('Pool');
  if (reporters.length === 0 || ![...objects.values()].some(isPool)) return;
  const path = pathOf(coreResource('configmaps', ground.namespace), name);
  const configMap = identify(await find(ground, path))?.version ?? '';
  const patience = insists ? ground.patience : SECOND_THOUGHTS;
  for (const began = clock.now(); ;) {
    const answer = await hear(ground, name, { reporters, configMap, written: [], since: '0' });
    if (answer.silent.length === 0) return;
    if (clock.now() - began >= patience) {
      if (insists) throw new TransactionFailure(silence(answer, patience / 1000));
      return;
    }
    ground.progress(`waiting for ${answer.silent.join(', ')}`);
    await pause(clock, INTERVAL, interrupted);
    mayGoOn(ground);
  }
}

/** Waits until every program has said that the two sources agree, as long as the ground has patience. */
export async function awaitAgreement(
  ground: Ground,
  configMap: string,
  question: Question,
): Promise<Answer> {
  const { clock, patience, interrupted } = ground;
  const began = clock.now();
  for (;;) {
    const answer = await hear(ground, configMap, question);
    const { agreed, differ, silent } = answer;
    if (differ.length === 0 && silent.length === 0) return answer;
    const waited = millis(clock.now() - began);
    if (differ.length > 0 && waited >= SECOND_THOUGHTS) {
      throw new TransactionFailure(disagreement(answer));
    }
    if (waited >= patience) throw new TransactionFailure(silence(answer, patience / 1000));
    ground.progress(
      `waiting for agreement: ${agreed.length} of ${question.reporters.length} programs report it`,
    );
    await pause(clock, INTERVAL, interrupted);
    mayGoOn(ground);
  }
}

function disagreement({ differ }: Answer): readonly string[] {
  return differ.map(
    ({ program, message }) => `${program} says that the sources differ: ${message}`,
  );
}

function silence({ silent, agreed }: Answer, waited: number): readonly string[] {
  return [
    `within ${waited} s no agreement was reported by ${silent.join(', ')}${agreed.length > 0 ? ` (but by ${agreed.join(', ')})` : ''}`,
    'programs with the rights of v0.12 cannot read the resources: manifests/v0.13 have the rights that they need; --timeout waits longer',
  ];
}
