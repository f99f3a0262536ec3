import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type KubernetesObject, objectsIn, refusalOf, render } from './chart.ts';

interface Definition extends KubernetesObject {
  readonly spec: { readonly conversion?: { readonly webhook?: { clientConfig: Client } } };
}

interface Client {
  readonly service: { readonly name: string; readonly namespace: string; readonly path: string };
}

const FOLDER = 'manifests/v0.13/crds';
const ON = 'crds: { enabled: true }';

describe('the definitions', () => {
  const kinds = readdirSync(FOLDER).filter((file) => file !== 'kustomization.yaml');

  test.each(kinds)('%s has in the chart what it has in the manifests', (file) => {
    expect(readFileSync(`charts/metal-lb/files/crds/${file}`, 'utf8')).toBe(
      readFileSync(`${FOLDER}/${file}`, 'utf8'),
    );
  });

  test.each(kinds)(
    '%s is rendered to the letter, but for the Service and what keeps it',
    (file) => {
      const [object] = objectsIn(`${FOLDER}/${file}`) as [Definition];
      const expected = structuredClone(object) as Definition & {
        metadata: { annotations?: object; labels?: object };
      };
      expected.metadata.annotations = {
        ...expected.metadata.annotations,
        'helm.sh/resource-policy': 'keep',
      };
      const { webhook } = expected.spec.conversion ?? {};
      if (webhook !== undefined) {
        const { path } = webhook.clientConfig.service;
        webhook.clientConfig = {
          service: { name: 'metallb-webhook-service', namespace: 'lb', path },
        };
      }

      const ours = render(ON, { namespace: 'lb' }).find(
        ({ kind, metadata }) =>
          kind === 'CustomResourceDefinition' && metadata.name === object.metadata.name,
      );

      expect(ours?.metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'Helm' });
      expect({ ...ours, metadata: { ...ours?.metadata, labels: undefined } }).toEqual({
        ...expected,
        metadata: { ...expected.metadata, labels: undefined },
      });
    },
  );

  describe('of a release of the chart of v0.13 are not deleted unseen', () => {
    const api = 'metallb.io/v1beta1/IPAddressPool';
    const definition = (annotations: object): object => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'ipaddresspools.metallb.io', annotations },
    });
    const owner = {
      'meta.helm.sh/release-name': 'metallb',
      'meta.helm.sh/release-namespace': 'metallb-system',
    };

    test('without crds.enabled the upgrade is refused, and it says why', () => {
      const live = [definition(owner)];

      expect(refusalOf('', { apis: [api], live })).toContain(
        'Helm would delete it with every resource of its kind. Set crds.enabled to true.',
      );
      expect(refusalOf(ON, { apis: [api], live })).toBeUndefined();
    });

    test.each([
      ['kept already', definition({ ...owner, 'helm.sh/resource-policy': 'keep' })],
      ['of another release', definition({ ...owner, 'meta.helm.sh/release-name': 'other' })],
      ['of nobody', definition({})],
    ])('one that is %s is no reason to refuse', (_, object) => {
      expect(refusalOf('', { apis: [api], live: [object] })).toBeUndefined();
    });
  });
});
