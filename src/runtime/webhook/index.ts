/**
 * What the API server asks before it stores: admission and conversion of the v0.13 resources, and admission of the
 * legacy ConfigMap.
 *
 * `review/` judges, as pure functions of a request and of what is stored. The {@link WebhookDesk} reads requests and
 * writes answers, the {@link WebhookServer} carries them over TLS. `certificates/` keeps what the API server has to
 * trust: the {@link CertificateKeeper} in a Secret, the {@link TrustInjector} where the API server looks for it. How
 * certificates are made is in `issuing/`, which only a thread of its own loads.
 *
 * @packageDocumentation
 */
export { type ServingPair, faultOfPair, validUntil } from './certificates/bundle.ts';
export { TrustInjector } from './certificates/injector.ts';
export { CertificateKeeper, type Issuer, IssuingFailed } from './certificates/keeper.ts';
export { Permits } from './certificates/permits.ts';
export { SecretStore } from './certificates/secret.ts';
export { WebhookDesk, type WebhookObserver } from './desk.ts';
export type { ReviewFacts } from './review/resources.ts';
export { WebhookServer, refusalOf } from './server.ts';
