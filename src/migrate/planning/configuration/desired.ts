import { type Config, type Problem, differences } from '../../../runtime/model/index.ts';
import type { ClusterFacts } from '../../cluster/index.ts';
import { type Documents, inGivenText } from '../../input/documents.ts';
import { admitResources } from '../../input/resources.ts';
import { convertedFor } from './conversion.ts';
import { legacyTextIn } from './in-force.ts';
import type { Side } from '../plan.ts';
import { type WantedObjects, wantedConfig } from './wanted.ts';

/** What a plan is to lead to. */
export type Desired =
  | {
      readonly kind: 'desired';
      readonly wanted: WantedObjects;
      readonly after: Side<Config>;
    }
  /** Positions count in the text that was given. */
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** A cluster may have nothing that could be wanted. In a sentence. */
export type DesiredByItself = Desired | { readonly kind: 'nothing'; readonly why: string };

/** The objects that are asked for, and what they are called. */
interface Request {
  readonly objects: Omit<WantedObjects, 'prune'>;
  readonly from: string;
  readonly remarks: readonly string[];
  readonly placed: (problem: Problem) => Problem;
}

type Asked = ({ readonly kind: 'asked' } & Request) | Extract<Desired, { kind: 'refused' }>;

/** Makes resources of what a file holds. */
export function desiredFrom(
  facts: ClusterFacts,
  documents: Documents,
  { place, prune }: { readonly place: string; readonly prune: boolean },
): Desired {
  return settle(facts, askedBy(facts, documents, place), prune);
}

/** Makes resources of the cluster's own ConfigMap; without one, those that are there are what is wanted. */
export function desiredByItself(facts: ClusterFacts, prune: boolean): DesiredByItself {
  const text = legacyTextIn(facts);
  const name = `ConfigMap ${facts.namespace}/${facts.installation.configMap}`;
  if (text === undefined) {
    const { resources, secrets } = facts;
    const hidden = facts.gaps.find(({ hides }) => hides === 'ConfigMap');
    if (hidden !== undefined) {
      return { kind: 'nothing', why: `${hidden.what} cannot be read: ${hidden.why}` };
    }
    if (resources.length === 0) {
      return { kind: 'nothing', why: `there is no ${name}, and there are no v0.13 resources` };
    }
    const from = 'the v0.13 resources as they are';
    const placed = (problem: Problem): Problem => problem;
    const remarks = ['there is no ConfigMap to convert'];
    return settle(
      facts,
      { kind: 'asked', objects: { resources, secrets }, from, remarks, placed },
      prune,
    );
  }
  return settle(facts, converted(facts, text, { from: `${name} as resources` }), prune);
}

function settle(facts: ClusterFacts, asked: Asked, prune: boolean): Desired {
  if (asked.kind === 'refused') return asked;
  const wanted = { ...asked.objects, prune };
  const reading = wantedConfig(facts, wanted);
  if (reading.kind === 'refused') {
    return { kind: 'refused', problems: reading.problems.map(asked.placed) };
  }
  const remarks = [...asked.remarks, ...reading.remarks];
  return { kind: 'desired', wanted, after: { config: reading.config, from: asked.from, remarks } };
}

function askedBy(facts: ClusterFacts, { legacy, resources }: Documents, place: string): Asked {
  const older =
    legacy &&
    converted(facts, legacy.text, {
      from: place,
      placed: (problem) => inGivenText(problem, legacy),
    });
  if (resources === undefined) return older ?? { kind: 'refused', problems: [] };
  const { set, problems } = admitResources(resources);
  if (problems.length > 0) return { kind: 'refused', problems: problems.map(resources.place) };
  const { secrets } = resources;
  const newer: Asked = {
    kind: 'asked',
    objects: { resources: set.objects, secrets },
    from: place,
    remarks: [],
    placed: resources.place,
  };
  if (older === undefined || older.kind === 'refused') return older ?? newer;
  return inTwoWays(facts, older, newer);
}

/** Of a ConfigMap and resources the resources are taken where both mean the same. product.md §2 */
function inTwoWays(facts: ClusterFacts, older: Request, newer: { kind: 'asked' } & Request): Asked {
  const [a, b] = [older, newer].map(({ objects }) => {
    const alone = { ...facts, resources: [] };
    const reading = wantedConfig(alone, { ...objects, prune: true });
    return reading.kind === 'config' ? reading.config : undefined;
  });
  if (a === undefined || b === undefined) return newer;
  const found = differences(a, b, ['the ConfigMap', 'the resources']);
  if (found.length === 0) return newer;
  const message = `it holds a ConfigMap and resources that do not mean the same: ${found.join('; ')}`;
  return { kind: 'refused', problems: [{ path: '', reason: 'ambiguous-input', message }] };
}

function converted(
  facts: ClusterFacts,
  text: string,
  {
    from,
    placed = (problem) => problem,
  }: { readonly from: string; readonly placed?: Request['placed'] },
): Asked {
  const conversion = convertedFor(facts, text);
  if (conversion.kind === 'refused') {
    return { kind: 'refused', problems: conversion.problems.map(placed) };
  }
  const { resources, secrets, remarks } = conversion;
  // What is wrong with objects of ours has no place in the text that they were made of.
  const unplaced = (problem: Problem): Problem => problem;
  return { kind: 'asked', objects: { resources, secrets }, from, remarks, placed: unplaced };
}
