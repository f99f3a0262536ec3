import type { ResourceProblem } from '../../config-crd/index.ts';
import type { ObjectComments } from '../../config-legacy/index.ts';
import type { Comment } from '../manifests/manifest.ts';
import { type Link, type Path, startsWith, stepsOf, textOf } from './entry.ts';

/** Comments of the objects, each beside what became of its field; where nothing did, above the whole. */
export function movedComments(
  links: readonly Link[],
  commented: readonly ObjectComments[],
): readonly Comment[] {
  const byObject = new Map<string, Link[]>();
  for (const link of links) {
    const own = byObject.get(keyOf(link.object));
    if (own === undefined) byObject.set(keyOf(link.object), [link]);
    else own.push(link);
  }
  return commented.flatMap(({ object, comments }) => {
    const own = byObject.get(keyOf(object)) ?? [];
    return comments.map((comment) => moved(comment, own));
  });
}

function moved(comment: Comment, links: readonly Link[]): Comment {
  const link = longest(links, (one) => (startsWith(comment.path, one.from) ? one.from : undefined));
  if (link === undefined) return { ...comment, path: [], place: 'above' };
  const rest = comment.path.slice(link.from.length);
  const inside = link.from.at(-1) === 'nodeSelectors' ? selectorPath(rest) : rest;
  return { ...comment, path: [...link.to, ...inside] };
}

const SELECTOR_KEYS: Readonly<Record<string, string>> = {
  matchLabels: 'match-labels',
  matchExpressions: 'match-expressions',
};

/** Behind the index of a selector is the one key that has another name in the legacy dialect. */
function selectorPath([index, key, ...rest]: Path): Path {
  if (index === undefined || key === undefined) return index === undefined ? [] : [index];
  return [index, SELECTOR_KEYS[key] ?? key, ...rest];
}

/** What is wrong with the legacy document, told of the object and the field that it comes from. */
export function refusedFor(problem: ResourceProblem, links: readonly Link[]): ResourceProblem {
  const steps = stepsOf(problem.path);
  const link = longest(links, (one) => (startsWith(steps, one.to) ? one.to : undefined));
  const reason = problem.reason === 'peer-duplicate' ? 'duplicate-peer' : problem.reason;
  const [first = '', listed] = problem.message.split('\n  ');
  const message = (listed ?? first).replace(/^line \d+: /, '');
  const { didYouMean, hint } = problem;
  const said = {
    ...(didYouMean !== undefined && { didYouMean }),
    ...(hint !== undefined && { hint }),
    path: '',
    reason,
    message: `a ConfigMap cannot carry this: ${message}`,
  };
  if (link === undefined) return said;
  const path = textOf([...link.from, ...steps.slice(link.to.length)]);
  const { kind, name } = link.object;
  const object = { apiVersion: '', namespace: '', uid: '', ...link.object, kind, name };
  return { ...said, path, object };
}

function longest(
  links: readonly Link[],
  pathOf: (link: Link) => readonly unknown[] | undefined,
): Link | undefined {
  let best: Link | undefined;
  let length = -1;
  for (const link of links) {
    const path = pathOf(link);
    if (path !== undefined && path.length > length) [best, length] = [link, path.length];
  }
  return best;
}

function keyOf({ kind, name }: Link['object']): string {
  return JSON.stringify([kind, name]);
}
