import type { LegacyMode } from '../../config-legacy/index.ts';
import { identify } from '../../runtime/kube/index.ts';
import type { Config } from '../../runtime/model/index.ts';
import type { Reporter } from './checks/agreement.ts';
import { hear } from './checks/hearing.ts';
import { lookAtServices } from './checks/keeping.ts';
import { provenDifferences } from './checks/proof.ts';
import { movedText } from './checks/services.ts';
import { questionOf } from './apply.ts';
import type { Ground, Outcome } from './ground.ts';
import { saysTheSame } from './objects/content.ts';
import { keyOf } from './objects/places.ts';
import { observe } from './observe.ts';
import { type MigrationRecord, whichObject } from './record/record.ts';
import { readRecord } from './record/store.ts';
import type { Observed } from './steps/step.ts';

/** What is known of a cluster that is to be verified. */
export interface VerifyOptions {
  readonly reporters: readonly Reporter[];
  /** What the ConfigMap means; absent: there is none any more. */
  readonly config?: Config;
  readonly mode: LegacyMode;
  /** Name of the ConfigMap. */
  readonly configMap: string;
}

/** Whether the cluster is now as `apply`, or whoever else applied the resources, left it. Writes nothing. product.md §4 */
export async function verify(ground: Ground, options: VerifyOptions): Promise<Outcome> {
  const record = (await readRecord(ground))?.record;
  const secrets = (record?.objects ?? []).map(whichObject).filter(({ kind }) => kind === 'Secret');
  const named = await observe(ground, { configMap: options.configMap, secrets });
  const observed = await withPasswords(ground, named, options.configMap);
  const faults = [
    ...unfinished(record),
    ...changed(record, observed),
    ...disagreements(ground, options, observed),
  ];
  const heard = await reports(ground, options, { record, observed });
  faults.push(...heard.faults);
  const { moved, kept, gone } = await lookAtServices(ground, record?.services ?? []);
  faults.push(...moved.map(movedText));
  const facts = {
    record: record !== undefined,
    agree: faults.length === 0,
    services: { kept, moved: moved.map(({ service }) => service), gone },
    reported: heard.agreed,
  };
  if (faults.length > 0) return { kind: 'refused', lines: faults, facts };
  const compared =
    options.config === undefined
      ? 'there is no ConfigMap any more: the resources are what there is'
      : 'the ConfigMap and the resources say the same';
  const services =
    record === undefined
      ? 'nothing was recorded here, so addresses cannot be compared'
      : `all ${kept} recorded Services keep their addresses`;
  const left =
    gone.length === 0 ? [] : [`${gone.length} recorded Services are gone: ${gone.join(', ')}`];
  return { kind: 'done', lines: [compared, ...heard.lines, services, ...left], facts };
}

function unfinished(record: MigrationRecord | undefined): readonly string[] {
  if (record?.phase === 'applying') {
    return ['an apply was begun and not finished: run it again, or "metal-migrate rollback"'];
  }
  if (record?.phase === 'undoing') return ['a rollback was begun and not finished: run it again'];
  return [];
}

/** Objects that are not as they were recorded. */
function changed(record: MigrationRecord | undefined, { objects }: Observed): readonly string[] {
  return (record?.objects ?? []).flatMap((recorded) => {
    const { kind, name, after } = recorded;
    const stored = objects.get(keyOf(whichObject(recorded)));
    if (after === undefined) {
      return stored === undefined ? [] : [`${kind} "${name}" is there again`];
    }
    if (stored === undefined) return [`${kind} "${name}" is gone`];
    return saysTheSame(stored, after)
      ? []
      : [`${kind} "${name}" says something else than was applied`];
  });
}

function disagreements(
  { namespace }: Ground,
  { config, mode }: VerifyOptions,
  observed: Observed,
): readonly string[] {
  if (config === undefined) return [];
  return provenDifferences(config, [], observed, { namespace, mode });
}

/** Peers may name Secrets that no record speaks of. */
async function withPasswords(
  ground: Ground,
  observed: Observed,
  configMap: string,
): Promise<Observed> {
  const names = [...observed.objects.values()].flatMap((object) => {
    const { kind, spec } = object as {
      kind?: string;
      spec?: { passwordSecret?: { name?: unknown } };
    };
    const name = spec?.passwordSecret?.name;
    return kind === 'BGPPeer' && typeof name === 'string' ? [name] : [];
  });
  const missing = [...new Set(names)].filter((name) => !observed.objects.has(`Secret/${name}`));
  if (missing.length === 0) return observed;
  const secrets = missing.map((name) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } }));
  const more = await observe(ground, { configMap, secrets });
  return { ...more, objects: new Map([...more.objects, ...observed.objects]) };
}

/** What the programs say; Events last an hour, so silence means nothing. */
async function reports(
  ground: Ground,
  { reporters, configMap, config }: VerifyOptions,
  {
    record,
    observed,
  }: { readonly record: MigrationRecord | undefined; readonly observed: Observed },
): Promise<{
  readonly lines: readonly string[];
  readonly faults: readonly string[];
  readonly agreed: readonly string[];
}> {
  if (config === undefined) return { lines: [], faults: [], agreed: [] };
  if (reporters.length === 0) {
    return { lines: ['nothing that runs here reports agreement'], faults: [], agreed: [] };
  }
  const { version = '' } = identify(observed.configMap) ?? {};
  const question =
    record === undefined
      ? { reporters, configMap: version, written: [], since: '0' }
      : questionOf(record, { reporters });
  const { agreed, differ, silent } = await hear(ground, configMap, question);
  const faults = differ.map(
    ({ program, message }) => `${program} says that the sources differ: ${message}`,
  );
  const lines = [
    ...(agreed.length > 0 ? [`agreement was reported by ${agreed.join(', ')}`] : []),
    ...(silent.length > 0 ? [`no report of the last hour is from ${silent.join(', ')}`] : []),
  ];
  return { lines, faults, agreed };
}
