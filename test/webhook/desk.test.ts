import { describe, expect, test } from 'vitest';
import { type Reply, WebhookDesk } from '../../src/runtime/webhook/desk.ts';
import type { ReviewFacts } from '../../src/runtime/webhook/review/resources.ts';
import { type AnObject, aPeer, aPool, asked, factsOf } from '../support/admission.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const POOLS = '/validate-metallb-io-v1beta1-ipaddresspool';

function desk(facts: ReviewFacts | undefined = factsOf([])) {
  const counted: string[] = [];
  const logger = new RecordingLogger();
  const made = new WebhookDesk({
    legacy: { namespace: 'metallb-system', configMap: 'config', compat: 'v0.13', mode: 'none' },
    facts: async () => facts,
    observer: {
      reviewed: (kind, verdict) => counted.push(`${kind} ${verdict}`),
      converted: (outcome) => counted.push(outcome),
      serving: () => {},
      certificateExpires: () => {},
    },
    logger,
  });
  return { counted, logger, answer: made.answer.bind(made) };
}

function admissionReview(
  object: AnObject,
  { operation = 'CREATE', version = 'v1' }: { operation?: 'CREATE'; version?: string } = {},
): string {
  const { uid, kind, name, namespace } = asked(operation, object);
  const request = { uid, operation, name, namespace, kind: { kind }, object, oldObject: null };
  return JSON.stringify({
    apiVersion: `admission.k8s.io/${version}`,
    kind: 'AdmissionReview',
    request,
  });
}

function conversionReview(desired: string, ...objects: readonly AnObject[]): string {
  const request = { uid: 'u-2', desiredAPIVersion: `metallb.io/${desired}`, objects };
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'ConversionReview',
    request,
  });
}

function body({ body: text }: Reply): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

describe('a question about a write', () => {
  test('is answered under its own uid and version', async () => {
    for (const version of ['v1', 'v1beta1']) {
      const reply = await desk().answer(
        POOLS,
        admissionReview(aPool('a', '198.51.100.0/24'), { version }),
      );
      expect(reply).toMatchObject({ code: 200, json: true });
      expect(body(reply)).toMatchObject({
        apiVersion: `admission.k8s.io/${version}`,
        kind: 'AdmissionReview',
        response: { uid: 'u-1', allowed: true },
      });
    }
  });

  test('that is refused says why, and the log and the counter say so', async () => {
    const { answer, counted, logger } = desk();
    const reply = await answer(POOLS, admissionReview(aPool('a', 'nonsense')));
    const message = expect.stringContaining('invalid CIDR "nonsense"') as string;
    expect(body(reply)['response']).toMatchObject({
      allowed: false,
      status: { code: 403, message },
    });
    expect(counted).toEqual(['IPAddressPool refused']);
    expect(logger.lines).toMatchObject([
      { level: 'info', fields: { op: 'review', object: 'metallb-system/a', error: message } },
    ]);
  });

  test('carries warnings, cut to what API servers take', async () => {
    const name = 'a'.repeat(300);
    const reply = await desk().answer(POOLS, admissionReview(aPool(name, '198.51.100.0/24')));
    const { warnings } = body(reply)['response'] as { warnings: string[] };
    expect(warnings.join()).toContain('no advertisement is for pool');
    for (const warning of warnings) expect(warning.length).toBeLessThanOrEqual(250);
  });

  test('cannot be answered before what it is judged by was read', async () => {
    const reply = await new WebhookDesk({
      legacy: { namespace: 'metallb-system', configMap: 'config', compat: 'v0.13', mode: 'none' },
      facts: async () => undefined,
      observer: { reviewed() {}, converted() {}, serving() {}, certificateExpires() {} },
      logger: new RecordingLogger(),
    }).answer(POOLS, admissionReview(aPool('a', '198.51.100.0/24')));
    expect(reply.code).toBe(500);
    expect(reply.body).toContain('try again in a few seconds');
  });
});

describe('a conversion', () => {
  test('gives every object in the version that is asked for', async () => {
    const { answer, counted } = desk();
    const reply = await answer('/convert', conversionReview('v1beta1', aPeer('a'), aPeer('b')));
    expect(body(reply)).toMatchObject({
      kind: 'ConversionReview',
      response: {
        uid: 'u-2',
        result: { status: 'Success' },
        convertedObjects: [
          { apiVersion: 'metallb.io/v1beta1', metadata: { name: 'a' } },
          { apiVersion: 'metallb.io/v1beta1', metadata: { name: 'b' } },
        ],
      },
    });
    expect(counted).toEqual(['converted']);
  });

  test('is answered in the version that the server asks in, which the definitions it has decide', async () => {
    for (const version of ['apiextensions.k8s.io/v1', 'apiextensions.k8s.io/v1beta1']) {
      const sent = conversionReview('v1beta1', aPeer('a')).replace(
        'apiextensions.k8s.io/v1',
        version,
      );
      const reply = await desk().answer('/convert', sent);
      expect(body(reply)).toMatchObject({
        apiVersion: version,
        response: { result: { status: 'Success' } },
      });
    }
  });

  test('fails as a whole, and says at which object', async () => {
    const { answer, counted, logger } = desk();
    const objects = [aPeer('a'), aPool('stray', '198.51.100.0/24')];
    const reply = await answer('/convert', conversionReview('v1beta1', ...objects));
    const message = expect.stringContaining('IPAddressPool stray: ') as string;
    expect(body(reply)['response']).toEqual({
      uid: 'u-2',
      convertedObjects: [],
      result: { status: 'Failed', message },
    });
    expect(counted).toEqual(['refused']);
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { op: 'convert' } }]);
  });
});

interface Stray {
  readonly path: string;
  readonly sent: string;
  readonly code: number;
  readonly says: string;
}

describe('what does not belong here is told in a sentence', () => {
  const nameless = '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}';
  const unsaid =
    '{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"u"}}';
  const conversion = conversionReview('v1beta1');

  test.each<[what: string, stray: Stray]>([
    ['another path', { path: '/validate', sent: '{}', code: 404, says: 'no such webhook' }],
    ['no JSON', { path: POOLS, sent: '{', code: 400, says: 'not JSON' }],
    ['another review', { path: POOLS, sent: conversion, code: 400, says: 'AdmissionReview' }],
    [
      'another kind of object',
      { path: POOLS, sent: admissionReview(aPeer('a')), code: 400, says: 'and not BGPPeer' },
    ],
    ['no request', { path: POOLS, sent: nameless, code: 400, says: 'uid' }],
    ['no conversion', { path: '/convert', sent: 'null', code: 400, says: 'ConversionReview' }],
    ['no version', { path: '/convert', sent: unsaid, code: 400, says: 'version' }],
  ])('%s', async (_, { path, sent, code, says }) => {
    const reply = await desk().answer(path, sent);
    expect(reply).toMatchObject({ code, body: expect.stringContaining(says) as string });
  });
});
