import { type Compat, type ServiceView, atLeast } from '../model/index.ts';
import { type Family, type IpAddress, familyOf, parseIp } from '../net/index.ts';

/** The address families a Service has or wants. */
export type Families = Family | 'dual';

/** Why something cannot be done, in the original's words. */
export interface Refusal {
  readonly kind: 'refused';
  readonly reason: string;
  /** The Services in the way, if Services are; sorted. */
  readonly holders: readonly string[];
  /** Not said for good: something is not known yet. */
  readonly undecided?: true;
}

export interface FamiliesFound {
  readonly kind: 'families';
  readonly families: Families;
}

/** What a Service asks for by name: no address, one, or one of each family. */
export interface Request {
  readonly kind: 'request';
  readonly addresses: readonly IpAddress[];
}

const ANNOTATION = 'metallb.universe.tf/loadBalancerIPs';
/** A list this long is refused for its length, unread. */
const LONGEST_LIST = 16;

/** The families of one address or of a pair; text that is no address counts as IPv6. legacy.md §3.3. */
export function familiesOf(texts: readonly string[]): FamiliesFound | Refusal {
  const [first = '', second] = texts;
  if (texts.length === 0 || texts.length > 2) {
    return refusal(`IPFamilyForAddresses: invalid ips length ${texts.length} ${quoted(texts)}`);
  }
  if (second === undefined) {
    return { kind: 'families', families: familyOrIpv6(first) };
  }
  if (parseIp(first) === undefined || parseIp(second) === undefined) {
    return refusal(`IPFamilyForAddresses: Invalid address ${quoted(texts)}`);
  }
  if (familyOrIpv6(first) === familyOrIpv6(second)) {
    return refusal(`IPFamilyForAddresses: same address family ${quoted(texts)}`);
  }
  return { kind: 'families', families: 'dual' };
}

/** The addresses a Service asks for, by annotation (from v0.12 on) or `spec.loadBalancerIP`. legacy.md §3.4. */
export function requestOf(view: ServiceView, compat: Compat): Request | Refusal {
  const annotation = atLeast(compat, 'v0.12') ? view.loadBalancerIPs : '';
  const field = view.loadBalancerIP;
  const key = view.loadBalancerIPsKey ?? ANNOTATION;
  if (annotation !== '' && field !== '') {
    return refusal(`service can not have both ${key} and svc.Spec.LoadBalancerIP`);
  }
  if (annotation !== '') return requestByAnnotation(annotation, key);
  if (field === '') return { kind: 'request', addresses: [] };
  const address = parseIp(field);
  if (address === undefined) return refusal(`invalid spec.loadBalancerIP ${JSON.stringify(field)}`);
  return { kind: 'request', addresses: [address] };
}

/** As the original prints lists: `["a" "b"]`. */
export function quoted(texts: readonly string[]): string {
  const shown = texts.slice(0, LONGEST_LIST).map((text) => JSON.stringify(text));
  if (texts.length > LONGEST_LIST) shown.push('…');
  return `[${shown.join(' ')}]`;
}

export function refusal(reason: string, holders: readonly string[] = []): Refusal {
  return { kind: 'refused', reason, holders };
}

function requestByAnnotation(annotation: string, key: string): Request | Refusal {
  const texts = annotation.split(',').map((text) => text.trim());
  const addresses = texts.slice(0, LONGEST_LIST).map(parseIp);
  if (!addresses.every((address) => address !== undefined)) {
    return refusal(`invalid ${key}: ${JSON.stringify(annotation)}`);
  }
  const families = familiesOf(texts.length > LONGEST_LIST ? texts : addresses);
  return families.kind === 'refused' ? families : { kind: 'request', addresses };
}

function familyOrIpv6(text: string): Family {
  const address = parseIp(text);
  return address === undefined ? 'ipv6' : familyOf(address);
}
