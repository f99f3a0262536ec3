import type { PeerSpec, ProfileSpec, Resource, SelectorSpec } from '../../config-crd/index.ts';
import { type Labels, type ObjectReference, parseDuration } from '../../runtime/model/index.ts';
import { type Field, type Part, type Path, entryOf, nonEmpty } from './entry.ts';

/** Where times travel that the fields cannot say. product.md §4 */
const ANNOTATIONS = {
  holdTime: 'metal-lb.io/hold-time',
  keepaliveTime: 'metal-lb.io/keepalive-time',
} as const;

/** A peer as `peers` has it; its name is lost. legacy.md §1.5 */
export function peerPart(
  { spec, annotations, place: { object } }: Resource<PeerSpec>,
  password: string | undefined,
): Part {
  const { peerPort = 0 } = spec;
  const port = peerPort === 0 ? undefined : peerPort;
  const secret = spec.passwordSecret?.name === undefined ? 'password' : 'passwordSecret';
  return entryOf(
    referenceOf(object),
    [],
    [
      ['my-asn', spec.myASN, ['spec', 'myASN']],
      ['peer-asn', spec.peerASN, ['spec', 'peerASN']],
      ['peer-address', spec.peerAddress, ['spec', 'peerAddress']],
      ['source-address', nonEmpty(spec.sourceAddress), ['spec', 'sourceAddress']],
      ['peer-port', port, ['spec', 'peerPort']],
      timeField('hold-time', 'holdTime', { spec, annotations }),
      timeField('keepalive-time', 'keepaliveTime', { spec, annotations }),
      ['router-id', nonEmpty(spec.routerID), ['spec', 'routerID']],
      ['node-selectors', selectors(spec.nodeSelectors), ['spec', 'nodeSelectors']],
      ['password', password, ['spec', secret]],
      ['bfd-profile', nonEmpty(spec.bfdProfile), ['spec', 'bfdProfile']],
      ['ebgp-multihop', spec.ebgpMultiHop === true ? true : undefined, ['spec', 'ebgpMultiHop']],
    ],
  );
}

/** A profile as `bfd-profiles` has it. legacy.md §1.12 */
export function profilePart({ name, spec, place: { object } }: Resource<ProfileSpec>): Part {
  return entryOf(
    referenceOf(object),
    [],
    [
      ['name', name, ['metadata', 'name']],
      ['receive-interval', spec.receiveInterval, ['spec', 'receiveInterval']],
      ['transmit-interval', spec.transmitInterval, ['spec', 'transmitInterval']],
      ['detect-multiplier', spec.detectMultiplier, ['spec', 'detectMultiplier']],
      ['echo-interval', spec.echoInterval, ['spec', 'echoInterval']],
      ['echo-mode', spec.echoMode === true ? true : undefined, ['spec', 'echoMode']],
      ['passive-mode', spec.passiveMode === true ? true : undefined, ['spec', 'passiveMode']],
      ['minimum-ttl', spec.minimumTtl, ['spec', 'minimumTtl']],
    ],
  );
}

export function referenceOf(object: ObjectReference | undefined): ObjectReference {
  if (object === undefined) throw new TypeError('a resource is an object');
  return object;
}

/** The annotation says it; else the field, in which 0 stands for the default. crd.md §1.4 */
function timeField(
  key: string,
  field: keyof typeof ANNOTATIONS,
  { spec, annotations }: { readonly spec: PeerSpec; readonly annotations: Labels },
): Field {
  const annotation = ANNOTATIONS[field];
  const annotated = nonEmpty(annotations[annotation]);
  if (annotated !== undefined) return [key, annotated, ['metadata', 'annotations', annotation]];
  const from: Path = ['spec', field];
  const parsed = parseDuration(spec[field] ?? '');
  const isSaid = parsed.kind === 'duration' && parsed.nanoseconds !== 0n;
  return [key, isSaid ? spec[field] : undefined, from];
}

/** As `node-selectors` has them. legacy.md §1.6 */
function selectors(specs: readonly SelectorSpec[] | undefined): readonly object[] | undefined {
  const written = (specs ?? []).map(selector);
  return written.length === 0 ? undefined : written;
}

function selector({ matchLabels = {}, matchExpressions = [] }: SelectorSpec): object {
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    return { key, operator, ...(values.length > 0 && { values }) };
  });
  return {
    ...(Object.keys(matchLabels).length > 0 && { 'match-labels': matchLabels }),
    ...(expressions.length > 0 && { 'match-expressions': expressions }),
  };
}
