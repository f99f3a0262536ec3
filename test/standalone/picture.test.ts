import { expect, test } from 'vitest';
import { readManifests } from '../../src/runtime/standalone/manifest.ts';
import { type Picture, picture } from '../../src/runtime/standalone/picture.ts';
import { serviceManifest } from '../support/standalone-folder.ts';

function pictureOf(files: Readonly<Record<string, string>>): Picture {
  const manifests = Object.entries(files).map(([file, text]) => {
    const found = readManifests(text);
    return [file, found.kind === 'read' ? found.manifests : []] as const;
  });
  return picture(new Map(manifests), 'here');
}

test.each<[spec: string, clusterIPs: readonly string[], shown: string]>([
  ['', ['0.0.0.0'], ''],
  ['  clusterIP: 198.51.100.7\n', ['198.51.100.7'], '198.51.100.7'],
  ['  ipFamilies: [IPv6]\n', ['::'], ''],
  ['  ipFamilies: [IPv4, IPv6]\n', ['0.0.0.0', '::'], ''],
  ['  ipFamilies: [IPv6]\n  ipFamilyPolicy: RequireDualStack\n', ['::', '0.0.0.0'], ''],
  ['  ipFamilyPolicy: SingleStack\n', ['0.0.0.0'], ''],
  ['  clusterIPs: ["2001:db8::1"]\n', ['2001:db8::1'], ''],
])('a Service with %j has addresses of its families inside', (spec, clusterIPs, shown) => {
  const service = pictureOf({ 'a.yaml': serviceManifest('web', spec) }).services.get('default/web');
  expect(service?.view.clusterIPs).toEqual(clusterIPs);
  expect(service?.clusterIP).toBe(shown);
});

test('a Service without a type is a ClusterIP Service', () => {
  const { services } = pictureOf({ 'a.yaml': 'kind: Service\nmetadata: {name: db}\n' });
  expect(services.get('default/db')?.view.type).toBe('ClusterIP');
});

test('of two Services with one name the first in file order counts, and it is said', () => {
  const later = serviceManifest('web', '  ipFamilies: [IPv6]\n');
  const { services, remarks } = pictureOf({ 'b.yaml': later, 'a.yaml': serviceManifest('web') });
  expect(services.get('default/web')?.file).toBe('a.yaml');
  expect(remarks).toEqual(['b.yaml:1: Service default/web is also in a.yaml, which counts']);
});

test('Endpoints and slices belong to their Service; without a node they are here', () => {
  const text = `
kind: Endpoints
metadata: {name: web}
subsets:
- addresses: [{ip: 203.0.113.1}, {ip: 203.0.113.2, nodeName: there}]
  notReadyAddresses: [{ip: 203.0.113.3}]
---
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
endpoints: [{addresses: [203.0.113.4]}]
---
kind: EndpointSlice
metadata: {name: nobodys}
endpoints: [{addresses: [203.0.113.5]}]
`;
  expect([...pictureOf({ 'a.yaml': text }).endpoints]).toEqual([
    [
      'default/web',
      [
        { addresses: ['203.0.113.1'], ready: true, nodeName: 'here' },
        { addresses: ['203.0.113.2'], ready: true, nodeName: 'there' },
        { addresses: ['203.0.113.3'], ready: false, nodeName: 'here' },
        { addresses: ['203.0.113.4'], ready: true, nodeName: 'here' },
      ],
    ],
  ]);
});

test('only ConfigMaps named config are configuration, whatever their namespace', () => {
  const map = (name: string): string =>
    `kind: ConfigMap\nmetadata: {name: ${name}, namespace: x}\n`;
  const { configs } = pictureOf({ 'a.yaml': map('config'), 'b.yaml': map('other') });
  expect(configs.map(({ file }) => file)).toEqual(['a.yaml']);
});
