import { type JsonObject, isObject, without } from '../schema/json.ts';
import { type KeptFields, keepFields, takeKeptFields } from './kept-fields.ts';

const V1BETA2_ONLY = ['passwordSecret', 'vrf'];

/** BGPPeer v1beta1 → v1beta2. A port of 0 is left out: the storage version has a default for it. crd.md §1.5 */
export function peerFromV1beta1(peer: JsonObject): JsonObject {
  const { kept, rest } = takeKeptFields(peer);
  const spec = rest['spec'];
  if (!isObject(spec)) return rest;
  const unsaid = spec['peerPort'] === 0 ? ['peerPort'] : [];
  const said = without(spec, ...V1BETA2_ONLY, ...unsaid);
  return withSpec(rest, { ...kept, ...withSelectors(said, standardSelector) });
}

/** BGPPeer v1beta2 → v1beta1, with the fields that v1beta1 does not know kept in an annotation. */
export function peerToV1beta1(peer: JsonObject): JsonObject {
  const spec = peer['spec'];
  if (!isObject(spec)) return keepFields(peer, {});
  const rest = without(spec, ...V1BETA2_ONLY);
  const down = withSpec(peer, withSelectors(rest, listingSelector));
  return keepFields(down, fieldsUnknownToV1beta1(spec));
}

function fieldsUnknownToV1beta1(spec: JsonObject): KeptFields {
  const { passwordSecret, vrf, peerPort } = spec;
  return {
    ...(isObject(passwordSecret) && { passwordSecret }),
    ...(typeof vrf === 'string' && { vrf }),
    ...(peerPort === 0 && { peerPort }),
  };
}

function withSpec(peer: JsonObject, spec: JsonObject): JsonObject {
  return { ...peer, spec };
}

function withSelectors(spec: JsonObject, change: (requirement: JsonObject) => JsonObject) {
  const selectors = spec['nodeSelectors'];
  if (!Array.isArray(selectors)) return spec;
  const changed = selectors.map((selector: unknown) => {
    if (!isObject(selector) || !Array.isArray(selector['matchExpressions'])) return selector;
    const matchExpressions = selector['matchExpressions'].map((requirement: unknown) =>
      isObject(requirement) ? change(requirement) : requirement,
    );
    return { ...selector, matchExpressions };
  });
  return { ...spec, nodeSelectors: changed };
}

/** As a standard selector has it: no values, no list. */
function standardSelector(requirement: JsonObject): JsonObject {
  const { values } = requirement;
  return Array.isArray(values) && values.length === 0
    ? without(requirement, 'values')
    : requirement;
}

/** As v1beta1 has it: always a list, and an empty one for Exists, which its schema would refuse on write. */
function listingSelector(requirement: JsonObject): JsonObject {
  return { ...requirement, values: requirement['values'] ?? [] };
}
