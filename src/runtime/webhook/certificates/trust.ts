import { type Json, elements, member, text } from '../../kube/index.ts';

/** The Service by which the API server calls us. */
export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/** One step of a JSON patch. RFC 6902 */
export interface PatchStep {
  readonly op: 'test' | 'add';
  readonly path: string;
  readonly value: string;
}

/** What an object that points to webhooks needs so that its callers trust us. */
export type TrustPlan =
  | { readonly kind: 'settled' }
  | { readonly kind: 'patch'; readonly steps: readonly PatchStep[] }
  /** It calls another Service, whose certificate is not our business. */
  | { readonly kind: 'stranger'; readonly service: string };

/** A place in an object that says whom to call and whom to trust there. */
interface ClientConfig {
  readonly path: string;
  readonly config: Json;
  /** Holds the patch to the place that was looked at, should somebody have changed the object meanwhile. */
  readonly test: PatchStep;
}

/**
 * Plans what to write into `caBundle`, and only there: of a ValidatingWebhookConfiguration where its webhooks call our
 * Service, of a CustomResourceDefinition where its conversion does.
 *
 * A bundle is left alone as long as it has the first of `authorities` and nothing but them: replicas that have not
 * known the same authorities must not take turns.
 *
 * @param authorities - PEM; the one in use, then those that were until lately
 */
export function planTrust(
  object: Json,
  service: ServiceName,
  authorities: readonly string[],
): TrustPlan {
  const all = clientConfigsOf(object);
  const ours = all.filter(({ config }) => calls(config, service));
  const [stranger] = all;
  if (ours.length === 0 && stranger !== undefined) {
    return { kind: 'stranger', service: calledBy(stranger.config) };
  }
  const value = Buffer.from(authorities.join(''), 'utf8').toString('base64');
  const steps = ours
    .filter(({ config }) => !isSettled(text(member(config, 'caBundle')), authorities))
    .flatMap(({ path, test }): PatchStep[] => [
      test,
      { op: 'add', path: `${path}/caBundle`, value },
    ]);
  return steps.length === 0 ? { kind: 'settled' } : { kind: 'patch', steps };
}

function clientConfigsOf(object: Json): readonly ClientConfig[] {
  const conversion = member(member(object, 'spec'), 'conversion');
  if (member(conversion, 'strategy') === 'Webhook') {
    const path = '/spec/conversion/webhook/clientConfig';
    const config = member(member(conversion, 'webhook'), 'clientConfig');
    return [{ path, config, test: { op: 'test', path: `${path}/service/name`, ...named(config) } }];
  }
  return elements(member(object, 'webhooks')).map((webhook, index) => {
    const path = `/webhooks/${index}`;
    return {
      path: `${path}/clientConfig`,
      config: member(webhook, 'clientConfig'),
      test: { op: 'test', path: `${path}/name`, value: text(member(webhook, 'name')) },
    };
  });
}

function named(config: Json): { readonly value: string } {
  return { value: text(member(member(config, 'service'), 'name')) };
}

function calls(config: Json, { namespace, name }: ServiceName): boolean {
  const service = member(config, 'service');
  return member(service, 'name') === name && member(service, 'namespace') === namespace;
}

function calledBy(config: Json): string {
  const service = member(config, 'service');
  if (service === undefined) return text(member(config, 'url'));
  return `${text(member(service, 'namespace'))}/${text(member(service, 'name'))}`;
}

function isSettled(caBundle: string, authorities: readonly string[]): boolean {
  const found = certificatesIn(Buffer.from(caBundle, 'base64').toString('utf8'));
  const [current = '', ...former] = authorities.flatMap(certificatesIn);
  const known = new Set([current, ...former]);
  return found.includes(current) && found.every((one) => known.has(one));
}

/** The certificates of a PEM text, line breaks aside. */
function certificatesIn(pem: string): readonly string[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g);
  return [...blocks].map(([, body = '']) => body.replace(/\s+/g, ''));
}
