import { X509Certificate, createPrivateKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/runtime/model/index.ts';
import {
  type CertificateBundle,
  type Judgement,
  faultOfPair,
  judge as judgeWith,
} from '../../src/runtime/webhook/certificates/bundle.ts';
import { refusalOf } from '../../src/runtime/webhook/server.ts';
import { issuer } from '../support/certificates.ts';

const days = (count: number): number => count * 24 * 60 * 60 * 1000;
const NOW = Date.UTC(2026, 0, 1);
const HOST = 'webhook-service.metallb-system.svc';
const nothing = new Secret('');

/** As the program judges: what TLS itself says counts too. */
function judge(bundle: CertificateBundle, at: { host: string; now: number }): Judgement {
  return judgeWith(bundle, { ...at, refusal: refusalOf });
}

let good: CertificateBundle;
let other: CertificateBundle;

beforeAll(async () => {
  good = await issuer({ names: [HOST, 'webhook-service'], now: NOW });
  other = await issuer({ names: [HOST], now: NOW });
});

describe('what is made', () => {
  test('is a server certificate of a year under an authority of ten', () => {
    const [server, authority] = [good.certificate, good.caCertificate].map(
      (pem) => new X509Certificate(pem),
    ) as [X509Certificate, X509Certificate];
    expect(server.verify(authority.publicKey)).toBe(true);
    expect(server.subjectAltName).toBe(`DNS:${HOST}, DNS:webhook-service`);
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect([server.ca, authority.ca]).toEqual([false, true]);
    expect(Date.parse(server.validTo)).toBe(NOW + days(365));
    expect(Date.parse(authority.validTo)).toBe(NOW + days(3650));
    expect(authority.subject).toBe('O=metallb\nCN=cert');
    expect(server.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });

  test('is not taken by the original for an authority of its own, whose key it reads as RSA alone', () => {
    // It asks whether the authority has the DNS name "cert"; if so, and the key is another, it is stuck.
    expect(new X509Certificate(good.caCertificate).subjectAltName).toBeUndefined();
  });

  test('has another key and another serial number every time', () => {
    const [a, b] = [good, other].map(({ certificate }) => new X509Certificate(certificate));
    expect(a!.serialNumber).not.toBe(b!.serialNumber);
    expect(good.key.equals(other.key)).toBe(false);
  });

  test('is good, also where clocks are half an hour behind', () => {
    for (const now of [NOW, NOW - 1_800_000, NOW + days(275)]) {
      expect(judge(good, { host: HOST, now })).toEqual({
        kind: 'good',
        expires: NOW + days(365),
      });
    }
  });

  test('is made for names longer than a common name may be', async () => {
    const name = `${'s'.repeat(63)}.${'n'.repeat(63)}.svc`;
    const long = await issuer({ names: [name], now: NOW });
    expect(judge(long, { host: name, now: NOW }).kind).toBe('good');
  });

  test('can be renewed under the same authority', async () => {
    const now = NOW + days(300);
    const authority = { certificate: good.caCertificate, key: good.caKey };
    const renewed = await issuer({ names: [HOST], now, authority });
    expect(renewed.caCertificate).toBe(good.caCertificate);
    expect(judge(renewed, { host: HOST, now })).toMatchObject({ expires: now + days(365) });
    expect(judge({ ...renewed, caKey: good.caKey }, { host: HOST, now }).kind).toBe('good');
  });
});

test('an authority whose key another tool has written signs the renewal', async () => {
  const key = createPrivateKey(good.caKey.reveal()).export({ type: 'sec1', format: 'pem' });
  const found = { ...good, caKey: new Secret(String(key)), certificate: '' };
  expect(judge(found, { host: HOST, now: NOW })).toMatchObject({ authority: 'kept' });
  const authority = { certificate: found.caCertificate, key: found.caKey };
  const renewed = await issuer({ names: [HOST], now: NOW, authority });
  expect(renewed.caCertificate).toBe(good.caCertificate);
  expect(judge(renewed, { host: HOST, now: NOW }).kind).toBe('good');
});

describe('what is found is bad', () => {
  const empty: CertificateBundle = {
    ...{ caCertificate: '', certificate: '' },
    ...{ caKey: nothing, key: nothing },
  };

  test.each<[why: string, bundle: () => CertificateBundle, authority: 'kept' | 'lost']>([
    ['ca.crt holds no certificate', () => empty, 'lost'],
    ['ca.crt holds no certificate', () => ({ ...good, caCertificate: 'nonsense' }), 'lost'],
    ['tls.crt holds no certificate', () => ({ ...good, certificate: '' }), 'kept'],
    ['tls.crt holds no certificate', () => ({ ...good, certificate: good.key.reveal() }), 'kept'],
    ['tls.key is not the key of tls.crt', () => ({ ...good, key: nothing }), 'kept'],
    ['tls.key is not the key of tls.crt', () => ({ ...good, key: other.key }), 'kept'],
    ['tls.crt is not signed by ca.crt', () => ({ ...good, ...pairOf(other) }), 'kept'],
    [
      // As of a file that is being written.
      'tls.crt cannot be served: ERR_OSSL_PEM_BAD_END_LINE',
      () => ({ ...good, certificate: good.certificate + good.caCertificate.slice(0, 200) }),
      'kept',
    ],
    [
      'ca.crt is not the certificate of an authority',
      () => ({ ...good, caCertificate: good.certificate }),
      'lost',
    ],
    [
      'tls.crt is not signed by ca.crt',
      () => ({ ...good, ...pairOf(other), caKey: nothing }),
      'lost',
    ],
  ])('%s (%#)', (fault, bundle, authority) => {
    expect(judge(bundle(), { host: HOST, now: NOW })).toEqual({ kind: 'bad', fault, authority });
  });

  test.each<[fault: string, host: string, at: number, authority: 'kept' | 'lost']>([
    ['tls.crt is not for other.metallb-system.svc', 'other.metallb-system.svc', 0, 'kept'],
    ['tls.crt ends within 90 days', HOST, 276, 'kept'],
    ['tls.crt has expired', HOST, 366, 'kept'],
    ['ca.crt has expired', HOST, 3651, 'lost'],
    ['ca.crt is not valid yet', HOST, -1, 'lost'],
  ])('%s', (fault, host, at, authority) => {
    const now = NOW + days(at);
    expect(judge(good, { host, now })).toEqual({ kind: 'bad', fault, authority });
  });

  test('an authority that ends within a year signs no more', async () => {
    const now = NOW + days(3400);
    expect(judge(good, { host: HOST, now })).toMatchObject({ kind: 'bad', authority: 'lost' });
  });

  test('a key is never part of what is said', () => {
    const damaged = new Secret(good.key.reveal().replace(/[A-Z]/, '!'));
    const said = JSON.stringify(judge({ ...good, key: damaged }, { host: HOST, now: NOW }));
    expect(said).not.toContain(good.key.reveal().slice(30, 60));
  });
});

test('what somebody else keeps is good without the key of the authority', () => {
  expect(judge({ ...good, caKey: nothing }, { host: HOST, now: NOW }).kind).toBe('good');
  expect(faultOfPair(good)).toBeUndefined();
});

function pairOf({
  certificate,
  key,
}: CertificateBundle): Pick<CertificateBundle, 'certificate' | 'key'> {
  return { certificate, key };
}
