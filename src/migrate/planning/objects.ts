import { isDeepStrictEqual } from 'node:util';
import type { SecretContent } from '../../config-crd/index.ts';
import { CRDS, admit } from '../../config-crd/schema/index.ts';
import { type Json, identify, isObject, member, text, textMap } from '../../runtime/kube/index.ts';
import type { ClusterFacts } from '../cluster/index.ts';
import type { ObjectChange } from './plan-report.ts';
import { type WantedObjects, keyOf } from './configuration/wanted.ts';

const OURS = 'metal-lb.io/';

/** What becomes of each object, in the order in which they are made: definitions, Secrets, resources by kind and name. */
export function objectChanges(facts: ClusterFacts, wanted: WantedObjects): readonly ObjectChange[] {
  return [
    ...definitionChanges(facts),
    ...secretChanges(facts, wanted),
    ...resourceChanges(facts, wanted),
  ];
}

function definitionChanges({ definitions }: ClusterFacts): readonly ObjectChange[] {
  if (definitions === undefined) return [];
  return Object.values(CRDS).map(({ metadata: { name } }): ObjectChange => {
    const action = definitions.has(name) ? 'leave' : 'create';
    return { action, kind: 'CustomResourceDefinition', name, fields: [] };
  });
}

function secretChanges(
  { secrets: live, namespace }: ClusterFacts,
  { secrets }: WantedObjects,
): readonly ObjectChange[] {
  return [...secrets].sort(byFirst).map(([name, content]) => {
    const fields = secretFields(live.get(name), content);
    const action = !live.has(name) ? 'create' : fields.length === 0 ? 'leave' : 'change';
    return { action, kind: 'Secret', name, namespace, fields: live.has(name) ? fields : [] };
  });
}

function secretFields(live: SecretContent | undefined, wanted: SecretContent): readonly string[] {
  const { password } = wanted;
  const same = password === undefined ? !live?.password : password.equals(live?.password);
  return [...(live?.type === wanted.type ? [] : ['type']), ...(same ? [] : ['data.password'])];
}

function resourceChanges(
  { resources, namespace }: ClusterFacts,
  wanted: WantedObjects,
): readonly ObjectChange[] {
  const live = new Map(resources.map((object) => [keyOf(object), object]));
  const asked = new Map(wanted.resources.map((object) => [keyOf(object), object]));
  const kinds = Object.keys(CRDS);
  return [...new Set([...asked.keys(), ...live.keys()])]
    .map((key): ObjectChange => {
      const [kind = '', name = ''] = key.split('/');
      const one = { kind, name, namespace };
      const [before, after] = [live.get(key), asked.get(key)];
      if (after === undefined) {
        return { ...one, action: wanted.prune ? 'delete' : 'extra', fields: [] };
      }
      if (before === undefined) return { ...one, action: 'create', fields: [] };
      const fields = changedFields(before, after);
      return { ...one, action: fields.length === 0 ? 'leave' : 'change', fields };
    })
    .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (a.name < b.name ? -1 : 1));
}

/** What applying the one would change in the other: defaults and what others added count for nothing. */
function changedFields(live: Json, wanted: Json): readonly string[] {
  const [is, shall] = [asStored(live), asStored(wanted)];
  return [...specFields(is, shall), ...mapFields(is, shall)].sort();
}

function specFields(is: Json, shall: Json): readonly string[] {
  const [before, after] = [member(is, 'spec'), member(shall, 'spec')];
  return [...new Set([...keysOf(before), ...keysOf(after)])]
    .filter((key) => !isDeepStrictEqual(member(before, key), member(after, key)))
    .map((key) => `spec.${key}`);
}

/** Labels and annotations are added and changed; those of ours that are not asked for any more go. */
function mapFields(is: Json, shall: Json): readonly string[] {
  return ['labels', 'annotations'].flatMap((map) => {
    const [before = {}, after = {}] = [is, shall].map((object) => {
      return textMap(member(member(object, 'metadata'), map));
    });
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((key) => key in after || key.startsWith(OURS))
      .filter((key) => before[key] !== after[key])
      .map((key) => `metadata.${map}.${key}`);
  });
}

function asStored(object: Json): Json {
  const kind = text(member(object, 'kind'));
  const definition = Object.entries(CRDS).find(([name]) => name === kind)?.[1];
  const admission = definition && identify(object) && admit(object, definition);
  return admission?.kind === 'stored' ? admission.object : object;
}

function keysOf(value: Json): readonly string[] {
  return isObject(value) ? Object.keys(value) : [];
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
