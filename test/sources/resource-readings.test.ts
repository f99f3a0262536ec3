import { beforeEach, describe, expect, test } from 'vitest';
import { ResourceReader } from '../../src/runtime/sources/index.ts';
import type { Finding } from '../../src/runtime/sources/finding.ts';

const NAMESPACE = 'metallb-system';

let heard: string[];
let taken: Finding[];
let findings: Finding[];
let reader: ResourceReader;

beforeEach(() => {
  heard = [];
  taken = [];
  findings = [];
  const listener = {
    read: (objects: readonly unknown[], finding: Finding, left: readonly { message: string }[]) => {
      findings.push(finding);
      const about = left.map(({ message }) => message).join();
      heard.push(`${objects.length} ${finding.kind} ${about}`.trim());
    },
  };
  const options = { namespace: NAMESPACE, mode: 'none', withoutWaiting: true, listener } as const;
  reader = new ResourceReader(options, { take: (finding) => taken.push(finding) });
});

function object(kind: string, name: string, spec: object, generation = 1): object {
  const version = kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1';
  const metadata = { name, namespace: NAMESPACE, uid: `uid-${name}`, generation };
  return { apiVersion: `metallb.io/${version}`, kind, metadata, spec };
}

function read(...objects: readonly object[]): void {
  reader.picture({ objects, secrets: new Map(), bgpExtras: '', versions: '', unread: [] });
}

const teal = object('IPAddressPool', 'teal', { addresses: ['192.0.2.0/28'] });

describe('whoever listens to the reading of resources', () => {
  test('hears of a reading that says nothing new, with what stands', () => {
    read(teal);
    read(object('IPAddressPool', 'teal', { addresses: ['192.0.2.0/28'], autoAssign: true }, 2));
    expect(heard).toEqual(['1 config', '1 config']);
    expect(taken).toHaveLength(1);
    expect(findings[1]).toBe(taken[0]);
  });

  test('hears what was left out, since it only waits for something', () => {
    const peer = { myASN: 64512, peerASN: 64513, peerAddress: '192.0.2.254', bfdProfile: 'swift' };
    read(teal, object('BGPPeer', 'spine', peer));
    expect(heard).toEqual([expect.stringMatching(/^2 config .*swift/)]);
  });

  test('hears of objects that configure nothing without a pool, and that there are none', () => {
    read(object('L2Advertisement', 'all', {}));
    reader.nothing();
    expect(heard).toEqual(['1 nothing', '0 nothing']);
    expect(taken).toHaveLength(1);
  });

  test('hears of a refusal', () => {
    read(teal, object('IPAddressPool', 'umber', { addresses: ['192.0.2.8/29'] }));
    expect(heard).toEqual(['2 refused']);
  });
});
