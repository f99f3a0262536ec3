import { expect, test } from 'vitest';
import {
  type Config,
  Secret,
  formatProblem,
  atLeast,
  makeSelector,
  printableConfig,
} from '../../src/runtime/model/index.ts';
import { parseIp, parsePrefix } from '../../src/runtime/net/index.ts';

const rackA = makeSelector([{ key: 'rack', operator: 'Equals', values: ['a'] }]);

const config: Config = {
  pools: [
    {
      name: 'teal',
      cidrs: [parsePrefix('172.30.4.64/26')!],
      autoAssign: true,
      avoidBuggyIPs: false,
      layer2: [{ nodeSelectors: [], interfaces: [] }],
      bgp: [
        {
          aggregationLength: 32,
          aggregationLengthV6: 128,
          localPref: 0,
          communities: ['64512:100'],
          peers: [],
          nodeSelectors: [],
        },
      ],
    },
    {
      name: 'jade',
      cidrs: [],
      autoAssign: false,
      avoidBuggyIPs: true,
      serviceAllocation: {
        priority: 1,
        namespaces: ['web'],
        namespaceSelectors: [rackA],
        serviceSelectors: [],
      },
      layer2: [],
      bgp: [],
    },
  ],
  peers: [
    {
      name: 'peer1',
      myASN: 64512,
      peerASN: 64513,
      address: parseIp('192.0.2.1')!,
      port: 179,
      holdTimeSeconds: 10,
      keepaliveTimeSeconds: 10 / 3,
      password: new Secret('s3cret'),
      ebgpMultiHop: false,
      nodeSelectors: [rackA],
    },
  ],
  bfdProfiles: [
    {
      name: 'fast',
      receiveIntervalMs: 300,
      transmitIntervalMs: 300,
      detectMultiplier: 3,
      echoIntervalMs: 50,
      echoMode: false,
      passiveMode: false,
      minimumTTL: 254,
    },
  ],
};

test('the model prints with its keys in the order of the contract and everything explicit', () => {
  expect(JSON.stringify(printableConfig(config))).toBe(
    '{"pools":[{"name":"teal","cidrs":["172.30.4.64/26"],"autoAssign":true,"avoidBuggyIPs":false,' +
      '"serviceAllocation":null,"layer2":[{"nodeSelectors":[""],"interfaces":[]}],' +
      '"bgp":[{"aggregationLength":32,"aggregationLengthV6":128,"localPref":0,' +
      '"communities":["64512:100"],"peers":[],"nodeSelectors":[""]}]},' +
      '{"name":"jade","cidrs":[],"autoAssign":false,"avoidBuggyIPs":true,"serviceAllocation":' +
      '{"priority":1,"namespaces":["web"],"namespaceSelectors":["rack=a"],"serviceSelectors":[""]},' +
      '"layer2":[],"bgp":[]}],' +
      '"peers":[{"name":"peer1","myASN":64512,"peerASN":64513,"address":"192.0.2.1","port":179,' +
      '"sourceAddress":null,"routerID":null,"holdTimeSeconds":10,"keepaliveTimeSeconds":3.333,' +
      '"hasPassword":true,"bfdProfile":null,"ebgpMultiHop":false,"vrf":null,' +
      '"nodeSelectors":["rack=a"]}],' +
      '"bfdProfiles":[{"name":"fast","receiveIntervalMs":300,"transmitIntervalMs":300,' +
      '"detectMultiplier":3,"echoIntervalMs":50,"echoMode":false,"passiveMode":false,' +
      '"minimumTTL":254}]}',
  );
});

test.each([
  [{ path: '', reason: 'x', message: 'broken' }, 'broken'],
  [
    { path: 'peers[0]', reason: 'x', message: 'broken', line: 3, column: 5 },
    'line 3, column 5: broken (at peers[0])',
  ],
  [
    { path: 'pears', reason: 'x', message: 'unknown', line: 1, didYouMean: 'peers', hint: 'try' },
    'line 1, column 1: unknown (at pears); did you mean "peers"?; try',
  ],
])('a problem reads as one line: %j', (problem, text) => {
  expect(formatProblem(problem)).toBe(text);
});

test('releases are ordered', () => {
  expect(atLeast('v0.12', 'v0.11')).toBe(true);
  expect(atLeast('v0.12', 'v0.12')).toBe(true);
  expect(atLeast('v0.10', 'v0.11')).toBe(false);
});
