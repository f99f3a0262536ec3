import 'reflect-metadata';
import { createPrivateKey, type webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** What is asked for. Times are milliseconds since 1970. */
export interface IssueOrder {
  /** DNS names of the server; the first that is short enough is its common name too. */
  readonly names: readonly string[];
  readonly now: number;
  /** An authority to sign with, PEM; without it a new one is made. */
  readonly authority?: { readonly certificate: string; readonly key: string };
}

/** What was made; PEM, keys in PKCS #8. The keys are plain text, since they go from thread to thread. */
export interface Issued {
  readonly caCertificate: string;
  readonly caKey: string;
  readonly certificate: string;
  readonly key: string;
}

interface Authority {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { ...CURVE, hash: 'SHA-256' } as const;
const DAY = 24 * 60 * 60 * 1000;
/** Clocks of machines differ: what was just made shall not look as if it were from the future. */
const BACKDATED = 60 * 60 * 1000;
/** A serial number is at most 20 octets and positive. RFC 5280 §4.1.2.2 */
const SERIAL_OCTETS = 16;

/** Makes a server certificate of a year, and an authority of ten years where there is none to sign it. crd.md §2.10 */
export async function issue(order: IssueOrder): Promise<Issued> {
  const authority = await (order.authority === undefined
    ? newAuthority(order.now)
    : readAuthority(order.authority));
  const { privateKey, publicKey } = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    ...validity(order.now, 365),
    serialNumber: serialNumber(),
    subject: [{ CN: [commonName(order.names)] }],
    issuer: authority.certificate.subject,
    publicKey,
    signingKey: authority.key,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(order.names.map(dnsName)),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return {
    caCertificate: ended(authority.certificate.toString('pem')),
    caKey: await privatePem(authority.key),
    certificate: ended(certificate.toString('pem')),
    key: await privatePem(privateKey),
  };
}

/**
 * Names as the original's: common name `cert`, organization `metallb`. But no DNS name: by that the original knows an
 * authority of its own, whose key it reads as RSA alone. Without, it makes another one, should somebody go back to it.
 */
async function newAuthority(now: number): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...validity(now, 3650),
    serialNumber: serialNumber(),
    name: [{ O: ['metallb'] }, { CN: ['cert'] }],
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, key: keys.privateKey };
}

async function readAuthority({
  certificate,
  key,
}: NonNullable<IssueOrder['authority']>): Promise<Authority> {
  // Whoever made the authority may have written its key in another form than ours.
  const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  return {
    certificate: new X509Certificate(certificate),
    key: await crypto.subtle.importKey('pkcs8', der, CURVE, true, ['sign']),
  };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await crypto.subtle.exportKey('pkcs8', key);
  return ended(PemConverter.encode(der, PemConverter.PrivateKeyTag));
}

function validity(now: number, length: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - BACKDATED), notAfter: new Date(now + length * DAY) };
}

function serialNumber(): string {
  const octets = crypto.getRandomValues(Buffer.alloc(SERIAL_OCTETS));
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return octets.toString('hex');
}

/** Clients look at the DNS names alone; a common name has at most 64 characters. RFC 5280 §A.1 */
function commonName(names: readonly string[]): string {
  return names.find(({ length }) => length <= 64) ?? 'webhook';
}

function dnsName(value: string): JsonGeneralNames[number] {
  return { type: 'dns', value };
}

function ended(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
