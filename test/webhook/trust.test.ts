import { describe, expect, test } from 'vitest';
import { type TrustPlan, planTrust } from '../../src/runtime/webhook/certificates/trust.ts';

const service = { namespace: 'metallb-system', name: 'webhook-service' };
const pem = (body: string): string =>
  `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
const encoded = (text: string): string => Buffer.from(text).toString('base64');
const [NEW, OLD, OTHER] = [pem('bmV3'), pem('b2xk'), pem('b3RoZXI=')];

function configuration(...bundles: readonly (string | undefined)[]): object {
  const webhooks = bundles.map((caBundle, index) => {
    return { name: `w${index}`, clientConfig: { service, ...(caBundle && { caBundle }) } };
  });
  return { kind: 'ValidatingWebhookConfiguration', webhooks };
}

const definition = (clientConfig: object): object => {
  return { spec: { conversion: { strategy: 'Webhook', webhook: { clientConfig } } } };
};

function pathsOf(plan: TrustPlan): string[] {
  return plan.kind === 'patch' ? plan.steps.map(({ op, path }) => `${op} ${path}`) : [];
}

describe('the authority is written', () => {
  test.each([
    ['nothing', undefined],
    ['the placeholder of the first releases', 'Cg=='],
    ['an authority that is not ours', encoded(OTHER)],
    ['an authority beside ours that nobody vouches for', encoded(NEW + OTHER)],
    ['nonsense', '%%%'],
  ])('in place of %s', (_, found) => {
    expect(planTrust(configuration(found), service, [NEW])).toEqual({
      kind: 'patch',
      steps: [
        { op: 'test', path: '/webhooks/0/name', value: 'w0' },
        { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: encoded(NEW) },
      ],
    });
  });

  test('only where it is not', () => {
    const plan = planTrust(configuration(encoded(NEW), undefined), service, [NEW]);
    expect(pathsOf(plan)).toEqual([
      'test /webhooks/1/name',
      'add /webhooks/1/clientConfig/caBundle',
    ]);
  });

  test('into the conversion of a definition', () => {
    const path = '/spec/conversion/webhook/clientConfig';
    expect(planTrust(definition({ service }), service, [NEW])).toEqual({
      kind: 'patch',
      steps: [
        { op: 'test', path: `${path}/service/name`, value: 'webhook-service' },
        { op: 'add', path: `${path}/caBundle`, value: encoded(NEW) },
      ],
    });
  });

  test('together with the former one while that is trusted', () => {
    const plan = planTrust(configuration(encoded(OLD)), service, [NEW, OLD]);
    expect(plan).toMatchObject({ steps: [{}, { value: encoded(NEW + OLD) }] });
  });
});

describe('nothing is written', () => {
  test.each<[why: string, object: object, authorities: readonly string[]]>([
    ['where it is as it shall be', configuration(encoded(NEW)), [NEW]],
    ['where line breaks differ', configuration(encoded(NEW.replaceAll('\n', '\r\n'))), [NEW]],
    ['where the former one has gone already', configuration(encoded(NEW)), [NEW, OLD]],
    ['where the former one is still there', configuration(encoded(OLD + NEW)), [NEW, OLD]],
    ['where nobody is called', configuration(), [NEW]],
    ['where nothing is converted', { spec: { conversion: { strategy: 'None' } } }, [NEW]],
  ])('%s', (_, object, authorities) => {
    expect(planTrust(object, service, authorities)).toEqual({ kind: 'settled' });
  });

  test('where another Service is called, which is named', () => {
    const other = { namespace: 'metallb-system', name: 'metallb-webhook-service' };
    expect(planTrust(definition({ service: other }), service, [NEW])).toEqual({
      kind: 'stranger',
      service: 'metallb-system/metallb-webhook-service',
    });
    expect(planTrust(definition({ url: 'https://hook.example' }), service, [NEW])).toEqual({
      kind: 'stranger',
      service: 'https://hook.example',
    });
  });
});

test('webhooks of others in the same object are left alone', () => {
  const mixed = {
    webhooks: [
      { name: 'theirs', clientConfig: { service: { namespace: 'x', name: 'y' } } },
      { name: 'ours', clientConfig: { service } },
    ],
  };
  expect(pathsOf(planTrust(mixed, service, [NEW]))).toEqual([
    'test /webhooks/1/name',
    'add /webhooks/1/clientConfig/caBundle',
  ]);
});
