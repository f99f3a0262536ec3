import { describe, expect, test } from 'vitest';
import { printableConfig } from '../../../src/runtime/model/index.ts';
import { validate } from '../../../src/migrate/input/validate.ts';

const POOL = `apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata:
  name: teal
  namespace: metallb-system
spec:
  addresses:
    - 192.0.2.0/28
`;
const LAYER2 = `---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: all, namespace: metallb-system}
`;
const PEER = `---
apiVersion: metallb.io/v1beta1
kind: BGPPeer
metadata: {name: spine, namespace: metallb-system}
spec: {myASN: 64500, peerASN: 64501, peerAddress: 192.0.2.9}
`;

function check(text: string, mode: 'none' | 'native' | 'frr' = 'none') {
  return validate(text, { compat: 'v0.12', mode });
}

describe('v0.13 resources that are sound', () => {
  test('are a configuration, with the defaults that an API server fills in', () => {
    const validation = check(POOL + LAYER2);
    expect(validation.kind === 'valid' && printableConfig(validation.config)).toMatchObject({
      pools: [
        {
          name: 'teal',
          cidrs: ['192.0.2.0/28'],
          autoAssign: true,
          layer2: [{ nodeSelectors: [''], interfaces: [] }],
        },
      ],
    });
  });

  test('may be written with anchors, merges and all the words for no that kubectl takes', () => {
    const written = `x: &common {autoAssign: no}
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: &name teal, namespace: metallb-system, labels: {tier: *name}}
spec:
  <<: *common
  addresses: [192.0.2.0/28]
`;
    const validation = check(written + LAYER2);
    expect(validation.kind === 'valid' && printableConfig(validation.config)).toMatchObject({
      pools: [{ name: 'teal', autoAssign: false }],
    });
  });

  test('may be in a List, as kubectl prints them', () => {
    const pool = { apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool' };
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ ...pool, metadata: { name: 'teal' }, spec: { addresses: ['192.0.2.0/28'] } }],
    };
    const validation = check(JSON.stringify(list));
    expect(validation.kind === 'valid' && validation.config.pools[0]?.name).toBe('teal');
  });

  test('are warned about where nobody would announce a pool, with its place', () => {
    const validation = check(POOL);
    expect(validation).toMatchObject({ kind: 'valid', warnings: [{ line: 1 }] });
    expect(JSON.stringify(validation.kind === 'valid' && validation.warnings)).toContain(
      'nobody announces them',
    );
  });

  test('take a password from a Secret beside them, and never show it', () => {
    const peer = PEER.replace('v1beta1', 'v1beta2').replace(
      '192.0.2.9}',
      '192.0.2.9, passwordSecret: {name: md5}}',
    );
    const secret =
      '---\napiVersion: v1\nkind: Secret\nmetadata: {name: md5}\n' +
      'type: kubernetes.io/basic-auth\nstringData: {password: s3cret}\n';
    expect(check(POOL + peer)).toMatchObject({
      kind: 'invalid',
      problems: [{ reason: 'secret-not-found', transient: true }],
    });
    const validation = check(POOL + peer + secret);
    expect(validation.kind === 'valid' && printableConfig(validation.config)).toMatchObject({
      peers: [{ hasPassword: true }],
    });
    expect(JSON.stringify(validation.kind === 'valid' && validation.config.peers)).not.toContain(
      's3cret',
    );
  });

  test('of an old version are read as the newer one', () => {
    const validation = check(POOL + PEER);
    expect(validation.kind === 'valid' && validation.config.peers[0]?.port).toBe(179);
  });
});

describe('v0.13 resources that are not', () => {
  test.each<[name: string, text: string, problem: object]>([
    [
      'what no server would store',
      POOL.replace('- 192.0.2.0/28', '').replace('addresses:', 'adresses: []'),
      { reason: 'schema-required', line: 7 },
    ],
    [
      'what the programs refuse',
      `${POOL}    - 192.0.2.8/29\n`,
      { reason: 'overlapping-cidr', line: 9, column: 7, path: 'spec.addresses[1]' },
    ],
    [
      'an object of several',
      `${POOL}---\n${POOL.replace('teal', 'jade')}`,
      { reason: 'overlapping-cidr' },
    ],
  ])('%s, are refused at the place', (_name, text, problem) => {
    expect(check(text)).toMatchObject({ kind: 'invalid', problems: [problem] });
  });

  test('served by one kind of speaker only are refused in its mode', () => {
    const profile =
      '---\napiVersion: metallb.io/v1beta1\nkind: BFDProfile\nmetadata: {name: fast}\nspec: {}\n';
    expect(check(POOL + profile).kind).toBe('valid');
    expect(check(POOL + profile, 'native')).toMatchObject({
      kind: 'invalid',
      problems: [{ reason: 'native-bfd-profile-present' }],
    });
  });
});

test('aliases that grow without end are refused, not followed', () => {
  const levels = 'b,c,d,e,f,g,h,i,j'.split(',').map((name, index) => {
    const below = `*${'abcdefghij'.charAt(index)}`;
    return `${name}: &${name} [${Array(10).fill(below).join(', ')}]`;
  });
  const text = `a: &a [192.0.2.0/28]\n${levels.join('\n')}\n${POOL.replace(/addresses:[^]*/, 'addresses: *j\n')}`;
  expect(check(text)).toMatchObject({ kind: 'invalid', problems: [{ reason: 'yaml-syntax' }] });
});
