import { expect, test } from 'vitest';
import { forecastChange } from '../../../src/migrate/planning/simulation/forecast.ts';
import { EVERYTHING } from '../../../src/runtime/model/index.ts';
import { poolOf, serviceView } from '../../support/views.ts';
import { rules } from './scenes.ts';

const SERVICES = 600;
const NODES = Array.from({ length: 10 }, (_, index) => `n${index}`);
const ANYWHERE = { nodeSelectors: [EVERYTHING], interfaces: [] };

test('of more Services than are looked at in one turn each is foretold once, before and after', () => {
  const services = Array.from({ length: SERVICES }, (_, index) =>
    serviceView(`ns/s${index}`, { ingress: [`10.0.${index >> 8}.${index & 255}`] }),
  );
  const endpoints = new Map(
    services.map(({ key }) => [key, [{ addresses: ['203.0.113.7'], ready: true, nodeName: 'n0' }]]),
  );
  const situation = { rules: rules(), services, endpoints, nodes: new Map(), speakers: NODES };
  const config = (name: string) => {
    const pools = [poolOf(name, ['10.0.0.0/16'], { layer2: [ANYWHERE] })];
    return { pools, peers: [], bfdProfiles: [] };
  };
  const { before, after } = forecastChange([config('old'), config('new')], situation, {
    later: situation,
    restart: false,
  });
  expect(before.services.size).toBe(SERVICES);
  expect([...after.services.values()].every(({ pool }) => pool === 'new')).toBe(true);
  const leaders = new Set([...after.services.values()].map(({ layer2 }) => layer2?.node));
  expect(leaders).toEqual(new Set(NODES));
});
