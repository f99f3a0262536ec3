import { describe, expect, test } from 'vitest';
import { convertLegacy } from '../../../src/migrate/conversion/index.ts';
import { CONVERSION, convert, pool, refusal } from '../../support/conversion.ts';

describe('for v0.13 is refused, with the place:', () => {
  const peer = (more: string) =>
    `peers:\n- {my-asn: 1, peer-asn: 2, peer-address: 192.0.2.1, ${more}}\n`;
  const echo = 'bfd-profiles: [{name: fast, echo-mode: true}]\n';
  const six = (protocol: string) =>
    `address-pools:\n- {name: six, protocol: ${protocol}, addresses: ['2001:db8::/64']}\n`;
  const prefer = (list: string) => `protocol: bgp, bgp-advertisements: [${list}]`;

  test.each([
    ['no hold timer', peer('hold-time: 0'), 'hold-time-zero', 'peers[0].hold-time'],
    [
      'a hold time that is cut',
      peer('hold-time: 3.5s'),
      'hold-time-fraction',
      'peers[0].hold-time',
    ],
    [
      'a keepalive time of 0',
      peer('keepalive-time: 1ms'),
      'keepalive-zero',
      'peers[0].keepalive-time',
    ],
    [
      'a keepalive time that is cut',
      peer('keepalive-time: 1500ms'),
      'keepalive-fraction',
      'peers[0].keepalive-time',
    ],
    ['a port', peer('peer-port: 16385'), 'peer-port-unrepresentable', 'peers[0].peer-port'],
    [
      'one route with two preferences',
      `address-pools:\n${pool('a', 0, prefer('{localpref: 1}, {localpref: 2}'))}`,
      'localpref-conflict',
      'address-pools[0].bgp-advertisements[1].localpref',
    ],
    [
      'echo mode beside IPv6',
      `${echo}${peer('bfd-profile: fast')}${six('bgp')}`,
      'bfd-echo-ipv6',
      'address-pools[0].addresses',
    ],
    [
      'all of IPv4 as one route',
      'address-pools:\n- {name: a, protocol: bgp, addresses: [0.0.0.0/0], bgp-advertisements: [{aggregation-length: 0}]}\n',
      'aggregation-length-zero',
      'address-pools[0].bgp-advertisements[0].aggregation-length',
    ],
  ])('%s', (_, text, reason, path) => {
    expect(convertLegacy(text, CONVERSION)).toHaveProperty('kind', 'converted');
    const problems = refusal(text, { target: 'metallb-v0.13' });
    expect(problems.map((each) => [each.reason, each.path])).toEqual([[reason, path]]);
    expect(problems[0]!.line).toBeGreaterThan(1);
    expect(problems[0]!.hint).toMatch(/./);
  });

  test('IPv6 at layer 2 beside BGP in native mode', () => {
    const text = `${six('layer2')}${pool('a', 0, 'protocol: bgp')}`;
    expect(convert(text, { mode: 'native' }).manifests).toHaveLength(4);
    expect(refusal(text, { mode: 'native', target: 'metallb-v0.13' })).toMatchObject([
      { reason: 'native-ipv6', path: 'address-pools[0].addresses[0]', line: 2 },
    ]);
  });

  test('two peers that only the spelling of their address tells apart, in FRR mode', () => {
    const text = `${peer('hold-time: 9s')}- {my-asn: 1, peer-asn: 2, peer-address: 192.0.2.01}\n`;
    expect(convert(text, { mode: 'frr' }).manifests).toHaveLength(2);
    expect(refusal(text, { mode: 'frr', target: 'metallb-v0.13' })).toMatchObject([
      { reason: 'frr-duplicate-peer' },
    ]);
  });

  test('everything at once, so that one look is enough', () => {
    const text = `${peer('hold-time: 0, peer-port: 20000')}address-pools:\n${pool('a', 0, prefer('{localpref: 1}, {localpref: 2}'))}`;
    expect(refusal(text, { target: 'metallb-v0.13' }).map(({ reason }) => reason)).toEqual([
      'peer-port-unrepresentable',
      'hold-time-zero',
      'localpref-conflict',
    ]);
  });

  test('all of it at once, with every place that an object is made of', () => {
    const routes = prefer('{localpref: 1}, {localpref: 2}');
    const both = (name: string, at: number): string =>
      `- {name: ${name}, addresses: [198.51.${at}.0/24, '2001:db8:${at}::/64'], ${routes}}\n`;
    const text = `${peer('hold-time: 0, peer-port: 20000')}address-pools:\n${both('a', 1)}${both('b', 2)}`;
    const found = refusal(text, { target: 'metallb-v0.13' }).map(({ path }) => path);
    expect(found.toSorted()).toEqual([
      'address-pools[0].bgp-advertisements[1].localpref',
      'address-pools[1].bgp-advertisements[1].localpref',
      'peers[0].hold-time',
      'peers[0].peer-port',
    ]);
  });
});

test('a password is not told by any refusal', () => {
  const text =
    'peers:\n- {my-asn: 1, peer-asn: 2, peer-address: 192.0.2.1, password: hush-hush, hold-time: 0}\n';
  expect(JSON.stringify(refusal(text, { target: 'metallb-v0.13' }))).not.toContain('hush');
});
