import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { walkThroughAddresses } from './addresses.ts';
import { walkThroughConfigurations } from './configuration.ts';
import { walkThroughIngress } from './ingress.ts';
import { walkThroughPolicies } from './policies.ts';
import { walkToAService } from './reaching.ts';
import { walkThroughSharing } from './sharing.ts';
import { Site } from './site/index.ts';
import { walkThroughTakeover } from './takeover.ts';

let site: Site | undefined;

beforeAll(async () => {
  site = await Site.open();
}, 240_000);

afterEach(async () => {
  await here().tidy();
  expect(here().complaints.unexplained()).toEqual([]);
  expect(await here().restarts()).toEqual({});
});

afterAll(async () => {
  await site?.close();
});

function here(): Site {
  if (site === undefined) throw new Error('the cluster did not start');
  return site;
}

describe('a Service', () => walkToAService(here));
describe('an address', () => walkThroughAddresses(here));
describe('an address', () => walkThroughSharing(here));
describe('externalTrafficPolicy', () => walkThroughPolicies(here));
describe('in the configuration', () => walkThroughConfigurations(here));
describe('an ingress', () => walkThroughIngress(here));
describe('a speaker', () => walkThroughTakeover(here));
