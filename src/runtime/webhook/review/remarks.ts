import type { ResourceProblem, ResourceReading } from '../../../config-crd/index.ts';
import { member, text } from '../../kube/index.ts';
import { formatProblem } from '../../model/index.ts';
import type { AdmissionRequest } from './admission.ts';

interface Readings {
  readonly before: ResourceReading;
  readonly after: ResourceReading;
}

/** What whoever writes should know although it is no reason to refuse. */
export function remarksOn(request: AdmissionRequest, readings: Readings): readonly string[] {
  return [...deprecation(request), ...plainPassword(request), ...newWarnings(request, readings)];
}

function deprecation({ kind, object }: AdmissionRequest): readonly string[] {
  if (kind !== 'AddressPool') return [];
  const protocol = text(member(member(object, 'spec'), 'protocol'));
  const announced = protocol === 'bgp' ? 'a BGPAdvertisement' : 'an L2Advertisement';
  return [`AddressPool is deprecated: an IPAddressPool and ${announced} take its place`];
}

function plainPassword({ kind, object }: AdmissionRequest): readonly string[] {
  if (kind !== 'BGPPeer' || text(member(member(object, 'spec'), 'password')) === '') return [];
  return [
    'spec.password can be read by whoever may read BGPPeers: put it into a Secret of type ' +
      'kubernetes.io/basic-auth and name that in spec.passwordSecret',
  ];
}

/** Warnings about the object, and those about others that come with it: a pool that nobody announces any more. */
function newWarnings(
  { kind, name }: AdmissionRequest,
  { before, after }: Readings,
): readonly string[] {
  const known = new Set(warningsOf(before).map(identityOf));
  return warningsOf(after)
    .filter((warning) => {
      const own = warning.object?.kind === kind && warning.object.name === name;
      return own || !known.has(identityOf(warning));
    })
    .map(formatProblem);
}

function warningsOf(reading: ResourceReading): readonly ResourceProblem[] {
  return reading.kind === 'config' ? reading.warnings : [];
}

function identityOf({ object, path, message }: ResourceProblem): string {
  return JSON.stringify([object?.kind, object?.name, path, message]);
}
