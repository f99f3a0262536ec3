import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readResources } from '../../../src/config-crd/index.ts';
import { admit } from '../../../src/config-crd/schema/index.ts';
import {
  type LegacyMode,
  findLegacyDocuments,
  readLegacyConfig,
} from '../../../src/config-legacy/index.ts';
import {
  type Conversion,
  type ConversionTarget,
  convertLegacy,
} from '../../../src/migrate/conversion/index.ts';
import type { Manifest } from '../../../src/migrate/manifests/manifest.ts';
import { type Config, differences } from '../../../src/runtime/model/index.ts';
import { originalDefinitions } from '../../support/crds/original.ts';
import { setOf } from '../../support/resources/set.ts';

interface Case {
  readonly id: string;
  readonly direction: 'configmap-to-crds' | 'crds-to-configmap';
  readonly note?: string;
  readonly mode?: LegacyMode;
  readonly legacyYaml?: string;
  readonly configMapYaml?: string;
  readonly legacy?: { readonly accepted: boolean; readonly message?: string };
  readonly upstream: {
    readonly objects?: readonly Manifest[];
    readonly differences?: readonly string[];
    readonly error?: string;
  };
  readonly expectObjects?: readonly Manifest[];
  readonly equivalent?: boolean;
  readonly differences?: readonly string[];
  readonly warnings?: readonly string[];
  readonly error?: string;
}

const FIELDS = [
  ...['id', 'direction', 'note', 'mode', 'legacyYaml', 'configMapYaml', 'legacy', 'upstream'],
  ...['expectObjects', 'equivalent', 'differences', 'warnings', 'error'],
];
const FIXTURE = new URL('../../fixtures/cases/migrate.json', import.meta.url);
const cases = (JSON.parse(readFileSync(FIXTURE, 'utf8')) as readonly Case[]).filter(
  ({ direction }) => direction === 'configmap-to-crds',
);
/** Classes of the cases, by those of the legacy reader. */
const CLASSES: Readonly<Record<string, string>> = {
  'unknown-field': 'unknown-key',
  'pool-overlap': 'overlapping-cidr',
  'ad-community-invalid': 'unknown-community',
  'peer-keepalive-exceeds-hold': 'keepalive-exceeds-hold',
  'peer-bad-hold-time': 'invalid-hold-time',
  'native-bfd-section': 'native-bfd-profile-present',
  'frr-my-asn-mismatch': 'frr-asn-mismatch',
};
const theirs = originalDefinitions();
const NAMESPACE = 'metallb-system';

test('there are as many cases as the specification has', () => {
  expect(cases).toHaveLength(46);
});

describe.each(cases.map((one) => [one.id, one] as const))('%s', (_, one) => {
  const { legacyYaml, mode = 'none', legacy, upstream, expectObjects, error } = one;

  test('has no field that is not looked at', () => {
    const unknown = (value: object, known: readonly string[]) =>
      Object.keys(value).filter((key) => !known.includes(key));
    expect(unknown(one, FIELDS)).toEqual([]);
    expect(unknown(legacy ?? {}, ['accepted', 'message'])).toEqual([]);
    expect(unknown(upstream, ['objects', 'differences', 'error'])).toEqual([]);
  });

  if (legacyYaml === undefined) {
    test('holds no configuration, which whoever reads the ConfigMap has to tell', () => {
      const [document] = findLegacyDocuments(one.configMapYaml ?? '').documents;
      expect(document?.text).toBe('');
      expect(upstream.error).toBe('bad ConfigMap: no data');
      expect(error).toBe('configmap-key-missing');
    });
    return;
  }

  if (legacy?.accepted !== true) {
    test('is refused as the original refuses it, for either target', () => {
      const reading = readLegacyConfig(legacyYaml, { compat: 'v0.12', mode });
      // The original prints this number as the character of that code. legacy.md §9.2 #24
      const message = legacy?.message?.replace(String.raw`'\x1c'`, '28');
      expect(reading).toMatchObject({ kind: 'refused', message });
      for (const target of ['metal-lb', 'metallb-v0.13'] as const) {
        const [problem] = refusal(convert(one, target));
        expect({ error: CLASSES[problem!.reason] ?? problem!.reason }).toEqual({ error });
        expect(problem).toMatchObject({ message: (reading as { message: string }).message });
      }
    });
    return;
  }

  test('is converted for metal-lb to what means the same', () => {
    const made = convert(one, 'metal-lb');
    const objects = manifestsOf(made);
    expect(apart(legacyOf(one), modelOf(objects, mode))).toEqual([]);
    if (expectObjects !== undefined && one.equivalent === true) {
      expect(apart(modelOf(expectObjects, mode), modelOf(objects, mode))).toEqual([]);
      expect(countOf(objects)).toEqual(shared(countOf(expectObjects)));
    }
  });

  test('warns of what is to be warned of', () => {
    const made = convert(one, 'metal-lb');
    if (made.kind === 'refused') throw new Error('refused');
    const given = made.warnings.map(({ reason }) => reason);
    for (const warning of one.warnings ?? []) {
      if (warning === 'plain-text-password') {
        expect(manifestsOf(made).map(({ kind }) => kind)).toContain('Secret');
      } else if (warning === 'comments-dropped') {
        const texts = made.manifests.flatMap(({ comments }) => comments.map(({ text }) => text));
        expect(texts).toEqual(['owned by network team', 'expansion, ticket 4711']);
      } else if (warning === 'hold-time-zero' || warning === 'keepalive-zero') {
        const annotation = `metal-lb.io/${warning.replace('-zero', '').replace('-time', '')}-time`;
        expect(manifestsOf(made)[0]?.metadata.annotations).toEqual({ [annotation]: '0s' });
      } else expect(given).toContain(warning);
    }
    const known = [...(one.warnings ?? []), 'pool-renamed'];
    expect(given.filter((reason) => !known.includes(reason))).toEqual([]);
  });

  const refused = error ?? zeroTime(one);
  if (refused !== undefined) {
    test('is refused for v0.13, with the line and a way out', () => {
      const [problem, ...others] = refusal(convert(one, 'metallb-v0.13'));
      expect(others).toEqual([]);
      expect(problem).toMatchObject({ reason: refused });
      expect(problem!.line).toBeGreaterThan(1);
      expect(problem!.hint).toMatch(/./);
    });
  } else {
    test('is converted for v0.13 to what means the same to it', () => {
      const made = convert(one, 'metallb-v0.13');
      expect(apart(legacyOf(one), modelOf(manifestsOf(made), mode))).toEqual([]);
    });
  }

  test('is better converted than by the original where the case says so', () => {
    const { objects, differences: told = [] } = upstream;
    if (objects === undefined) {
      expect(upstream.error).toMatch(/./);
      return;
    }
    const found = judged(objects, one);
    expect(found.length > 0).toBe(told.length > 0);
  });
});

/** What is wrong with the original's objects: they are refused, or mean something else. */
function judged(objects: readonly Manifest[], one: Case): readonly string[] {
  const refusals = objects.flatMap((object) => {
    const admission = admit(object, theirs[object.kind]!, 'ignored');
    return admission.kind === 'refused' ? admission.problems.map(({ message }) => message) : [];
  });
  if (refusals.length > 0) return refusals;
  const reading = readResources(setOf([...objects, NODE]), {
    namespace: NAMESPACE,
    mode: one.mode ?? 'none',
  });
  if (reading.kind === 'refused') return [reading.message];
  // The cases also call it a difference that a profile is not called what it was.
  const names = ({ bfdProfiles }: Config) => bfdProfiles.map(({ name }) => name).join();
  const renamed = names(legacyOf(one)) === names(reading.config) ? [] : ['profiles'];
  return [...apart(legacyOf(one), reading.config), ...renamed];
}

const NODE = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } };

/** Such times are no error in the cases, whose tool alters them with a warning. product.md §4 */
function zeroTime({ differences: told = [], warnings = [] }: Case): string | undefined {
  return told.length === 0 ? undefined : warnings.find((warning) => warning.endsWith('-zero'));
}

function convert({ legacyYaml = '', mode = 'none' }: Case, target: ConversionTarget): Conversion {
  return convertLegacy(legacyYaml, { compat: 'v0.12', mode, target, namespace: NAMESPACE });
}

function refusal(made: Conversion) {
  if (made.kind === 'converted') throw new Error('converted');
  return made.problems;
}

function manifestsOf(made: Conversion): readonly Manifest[] {
  if (made.kind === 'refused') throw new Error(JSON.stringify(made.problems));
  return made.manifests.map(({ manifest }) => manifest);
}

function legacyOf({ legacyYaml = '', mode = 'none' }: Case): Config {
  const reading = readLegacyConfig(legacyYaml, { compat: 'v0.12', mode });
  if (reading.kind === 'refused') throw new Error(reading.message);
  return reading.config;
}

function modelOf(objects: readonly Manifest[], mode: LegacyMode): Config {
  const reading = readResources(setOf([...objects, NODE]), { namespace: NAMESPACE, mode });
  if (reading.kind === 'refused') throw new Error(reading.message);
  return reading.config;
}

function apart(a: Config, b: Config): readonly string[] {
  return differences(a, b, ['one', 'the other']);
}

/** Objects of each kind, Secrets aside. */
function countOf(objects: readonly Manifest[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind } of objects) if (kind !== 'Secret') counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Pools share an advertisement that says the same of them. */
function shared(counts: Readonly<Record<string, number>>): object {
  const one = (kind: string) => (counts[kind] === undefined ? {} : { [kind]: 1 });
  const routes = counts['BGPAdvertisement'] === 2 && counts['IPAddressPool'] === 1;
  return {
    ...counts,
    ...one('L2Advertisement'),
    ...(routes ? {} : one('BGPAdvertisement')),
  };
}
