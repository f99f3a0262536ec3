import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlanReport, ServicePlan } from '../../../src/migrate/planning/index.ts';
import { Installation, NAMESPACE, eventually } from '../../cluster/index.ts';
import { ResourceSite, WEB } from '../resources/site.ts';
import { type Ending, MigrateCommand } from './command.ts';
import { stateOf } from './state.ts';

const ANNOTATION = 'metallb.universe.tf/address-pool';
const DEFAULT = '- {name: default, protocol: layer2, addresses: [192.0.2.200-192.0.2.219]}\n';
const pool = (name: string, range: string): string =>
  `- {name: ${name}, protocol: layer2, auto-assign: false, addresses: [${range}]}\n`;
const CONFIG = `address-pools:\n${DEFAULT}${pool('harbor', '192.0.2.220-192.0.2.229')}`;
/** What was the harbor's is called otherwise, and the harbor lies elsewhere. */
const MOVED = `address-pools:\n${DEFAULT}${pool('quay', '192.0.2.220-192.0.2.229')}${pool('harbor', '192.0.2.230-192.0.2.239')}`;
const SHRUNK = `address-pools:\n${DEFAULT}`;

let site: ResourceSite;
let installation: Installation;
let person: MigrateCommand;

beforeAll(async () => {
  site = await ResourceSite.open();
  const { plane, nodes } = site.cluster;
  installation = await Installation.apply(plane, 'v0.12.1', { images: 'ours' });
  await installation.configure(CONFIG);
  await site.cluster.podsReady(NAMESPACE, 'app=metallb', nodes.length + 1);
  person = new MigrateCommand(plane);
  for (let n = 0; n < 4; n += 1) {
    await site.services.create(`web-${n}`, { spec: WEB });
    await site.services.assigned(`web-${n}`);
  }
  for (let n = 0; n < 3; n += 1) {
    await site.services.create(`ship-${n}`, { annotations: { [ANNOTATION]: 'harbor' }, spec: WEB });
    await site.services.assigned(`ship-${n}`, `192.0.2.${220 + n}`);
  }
}, 240_000);

afterAll(async () => {
  await site.close();
});

/** A file of the person, and its path. */
function file(name: string, text: string): string {
  const path = join(site.cluster.plane.dir, name);
  writeFileSync(path, text);
  return path;
}

async function planned(...argv: string[]): Promise<{ ending: Ending; report: PlanReport }> {
  const ending = await person.run('plan', '-o', 'json', ...argv);
  return { ending, report: JSON.parse(ending.printed) as PlanReport };
}

/** Waits until everything is as the plan says. */
async function comesTrue(services: readonly ServicePlan[]): Promise<void> {
  for (const { service, after } of services) {
    const [, name = ''] = service.split('/');
    await site.services.assigned(name, ...after.addresses);
    await eventually(
      `${name} is announced from ${after.layer2?.node ?? 'nowhere'}`,
      async () => {
        const nodes = await site.announcers(name);
        if (nodes.join() === (after.layer2?.node ?? '')) return true;
        throw new Error(`it is announced from ${nodes.join()}`);
      },
      60_000,
    );
  }
}

describe('a plan on a live cluster', () => {
  test('of the conversion of its ConfigMap moves nothing, is true of what there is, and writes nothing', async () => {
    const state = await stateOf(site.cluster.plane);
    const { ending, report } = await planned();
    expect(ending).toMatchObject({ code: 0 });
    expect(report.verdict.text).toBe('nothing moves: 7 Services stay as they are');
    expect(report.cluster.runs).toMatch(/^metal-lb/);
    expect(report.cluster.speakers).toEqual(site.cluster.nodes.map(({ name }) => name));
    await comesTrue(report.services);
    expect(await stateOf(site.cluster.plane)).toEqual(state);
  }, 120_000);

  test('of a pool that goes says that running programs refuse it, and who would lose what', async () => {
    const { ending, report } = await planned(file('shrunk.yaml', SHRUNK));
    expect(ending).toMatchObject({ code: 1 });
    expect(report.verdict.text).toBe('3 of 7 Services move');
    expect(report.remarks.join('\n')).toContain('while they run, the programs refuse it');
  }, 60_000);

  test('of an edited pool says exactly which Services move, and so they do once it is in force', async () => {
    const { ending, report } = await planned(file('moved.yaml', MOVED));
    expect(ending).toMatchObject({ code: 1 });
    const moving = report.services.filter(({ changes }) => changes.includes('address'));
    expect(moving.map(({ service, after }) => [service, ...after.addresses])).toEqual([
      ['default/ship-0', '192.0.2.230'],
      ['default/ship-1', '192.0.2.231'],
      ['default/ship-2', '192.0.2.232'],
    ]);

    await installation.configure(MOVED);
    for (const { service, after } of moving) {
      const name = service.replace('default/', '');
      await eventually(`${name} has moved`, async () => {
        const [address] = (await site.services.addresses()).get(name) ?? [];
        return address === after.addresses[0] ? true : undefined;
      });
    }
    await comesTrue(report.services);
    expect((await planned()).ending).toMatchObject({ code: 0 });
  }, 180_000);
});
