import { describe, expect, test } from 'vitest';
import { runMigrate } from '../../support/terminal.ts';

const LEGACY = `address-pools:
- {name: teal, protocol: layer2, addresses: [192.0.2.0/28]}
peers:
- {my-asn: 64500, peer-asn: 64501, peer-address: 192.0.2.9, hold-time: 30s, password: s3cret}
`;
const RESOURCES = `apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: teal, namespace: metallb-system}
spec: {addresses: [192.0.2.0/28]}
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: all, namespace: metallb-system}
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: spine, namespace: metallb-system}
spec: {myASN: 64500, peerASN: 64501, peerAddress: 192.0.2.9, holdTime: 30s, password: s3cret}
`;

async function diff(a: string, b: string, ...options: readonly string[]) {
  const files = Object.fromEntries(Object.entries({ a, b }).filter(([, text]) => text !== ''));
  const { code, printed, complained } = await runMigrate(['diff', ...options, 'a', 'b'], files);
  return { code, printed, complained };
}

describe('two configurations', () => {
  test('that mean the same are equal, whichever dialect they are in', async () => {
    expect(await diff(LEGACY, RESOURCES)).toEqual({
      code: 0,
      printed: ['a and b mean the same'],
      complained: [],
    });
  });

  test('that differ are told apart in words, without a password', async () => {
    const other = RESOURCES.replace('30s', '90s').replace('s3cret', '0ther');
    const { code, printed } = await diff(LEGACY, other);
    expect(code).toBe(1);
    expect(printed).toEqual([
      'peer 192.0.2.9 port 179: hold time 30 s in a, 90 s in b',
      'peer 192.0.2.9 port 179: keepalive time 10 s in a, 30 s in b',
      'peer 192.0.2.9 port 179: the passwords differ',
    ]);
  });

  test('are compared for machines too', async () => {
    const { code, printed } = await diff(LEGACY, LEGACY.replace('/28', '/27'), '-o', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(printed[0] ?? '')).toEqual({
      equal: false,
      differences: ['pool "teal": addresses 192.0.2.0/28 in a, 192.0.2.0/27 in b'],
    });
  });
});

describe('what cannot be compared', () => {
  test('is a file that is not there', async () => {
    expect(await diff(LEGACY, '')).toEqual({
      code: 2,
      printed: [],
      complained: ['b: no such file'],
    });
  });

  test('is told for machines as every failure is', async () => {
    const { code, printed, complained } = await diff(LEGACY, '', '-o', 'json');
    expect([code, complained]).toEqual([2, []]);
    expect(printed.map((line) => JSON.parse(line) as unknown)).toEqual([
      { error: { reason: 'unreadable', message: 'b: no such file' } },
    ]);
  });

  test('is a configuration that is wrong, told with its place', async () => {
    const { code, complained } = await diff(LEGACY.replace('name:', 'nmae:'), RESOURCES);
    expect(code).toBe(2);
    expect(complained[0]).toMatch(/^a:2:4: field nmae not found/);
  });
});
