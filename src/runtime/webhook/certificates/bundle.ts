import { X509Certificate, createPrivateKey } from 'node:crypto';
import { type Secret } from '../../model/index.ts';
import type { Duration } from '../../platform/ports.ts';

/** What the API server has to trust, and what we show it; all PEM. crd.md §2.10 */
export interface CertificateBundle {
  readonly caCertificate: string;
  /** Empty where somebody else keeps it: then there is no renewal under the same authority. */
  readonly caKey: Secret;
  readonly certificate: string;
  readonly key: Secret;
}

/** What the server side of TLS needs. */
export type ServingPair = Pick<CertificateBundle, 'certificate' | 'key'>;

/** Whether a bundle can be served, and until when. */
export type Judgement =
  | { readonly kind: 'good'; readonly expires: number }
  /** To be made anew; `authority` tells whether the old one can sign, so that those who trust it go on doing so. */
  | { readonly kind: 'bad'; readonly fault: string; readonly authority: 'kept' | 'lost' };

export interface JudgementOptions {
  /** The name under which the API server calls, as in `webhook-service.metallb-system.svc`. */
  readonly host: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Why TLS refuses a pair whose halves fit, in words. */
  readonly refusal: (pair: ServingPair) => string | undefined;
}

/** A server certificate is renewed when less than this is left. crd.md §2.10 */
const RENEW_BEFORE: Duration = days(90);
/** An authority that ends sooner than this cannot sign a certificate of a year. */
const AUTHORITY_LASTS: Duration = days(366);

function days(count: number): Duration {
  return (count * 24 * 60 * 60 * 1000) as Duration;
}

/** Reads and checks a bundle the way the API server will, and whether it still lasts. */
export function judge(bundle: CertificateBundle, options: JudgementOptions): Judgement {
  const { now } = options;
  const authority = readCertificate(bundle.caCertificate);
  if (authority === undefined) return bad('ca.crt holds no certificate', 'lost');
  const signing = canSign(authority, bundle.caKey, now) ? 'kept' : 'lost';
  const fault = faultOfAuthority(authority, now) ?? faultOfServer(bundle, authority, options);
  if (fault !== undefined) return bad(fault, signing);
  return { kind: 'good', expires: validUntil(bundle.certificate) ?? now };
}

/** When the first certificate of a PEM text ends, in milliseconds since 1970; `undefined` where there is none. */
export function validUntil(pem: string): number | undefined {
  const found = readCertificate(pem);
  return found && Date.parse(found.validTo);
}

/** The fault that keeps a pair from being served at all, in words, or `undefined`. */
export function faultOfPair({ certificate, key }: ServingPair): string | undefined {
  const found = readCertificate(certificate);
  if (found === undefined) return 'tls.crt holds no certificate';
  return fits(found, key) ? undefined : 'tls.key is not the key of tls.crt';
}

function faultOfAuthority(authority: X509Certificate, now: number): string | undefined {
  if (!authority.ca) return 'ca.crt is not the certificate of an authority';
  return faultOfTime('ca.crt', authority, now);
}

function faultOfServer(
  bundle: CertificateBundle,
  authority: X509Certificate,
  { host, now, refusal }: JudgementOptions,
): string | undefined {
  const server = readCertificate(bundle.certificate);
  const pair = faultOfPair(bundle) ?? refusal(bundle);
  if (server === undefined || pair !== undefined) return pair;
  if (!server.checkIssued(authority) || !isSignedBy(server, authority)) {
    return 'tls.crt is not signed by ca.crt';
  }
  if (server.checkHost(host, { subject: 'never' }) === undefined) {
    return `tls.crt is not for ${host}`;
  }
  const outside = faultOfTime('tls.crt', server, now);
  if (outside !== undefined) return outside;
  if (Date.parse(server.validTo) - now >= RENEW_BEFORE) return undefined;
  return `tls.crt ends within ${RENEW_BEFORE / days(1)} days`;
}

function isSignedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return ifReadable(() => certificate.verify(authority.publicKey)) ?? false;
}

function faultOfTime(
  name: string,
  { validFrom, validTo }: X509Certificate,
  now: number,
): string | undefined {
  if (Date.parse(validFrom) > now) return `${name} is not valid yet`;
  return Date.parse(validTo) > now ? undefined : `${name} has expired`;
}

/** Whether the authority can sign for a year to come, with the kind of key that we use. */
function canSign(authority: X509Certificate, key: Secret, now: number): boolean {
  const details = ifReadable(() => authority.publicKey.asymmetricKeyDetails);
  if (details?.namedCurve !== 'prime256v1') return false;
  if (!authority.ca || faultOfTime('ca.crt', authority, now) !== undefined) return false;
  return fits(authority, key) && Date.parse(authority.validTo) - now > AUTHORITY_LASTS;
}

function fits(certificate: X509Certificate, key: Secret): boolean {
  return ifReadable(() => certificate.checkPrivateKey(createPrivateKey(key.reveal()))) ?? false;
}

function readCertificate(pem: string): X509Certificate | undefined {
  return ifReadable(() => new X509Certificate(pem));
}

/** `node:crypto` throws errors with a code for what it cannot read, and what it throws may quote the key. */
function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function bad(fault: string, authority: 'kept' | 'lost'): Judgement {
  return { kind: 'bad', fault, authority };
}
