import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ResourceSet, SecretContent } from '../../../src/config-crd/index.ts';
import { type LegacyMode, readLegacyConfig } from '../../../src/config-legacy/index.ts';
import { convertResources } from '../../../src/migrate/reverse/index.ts';
import { Secret, differences } from '../../../src/runtime/model/index.ts';

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly type?: string;
  readonly data?: { readonly password?: string };
}

interface ReverseCase {
  readonly id: string;
  readonly direction: string;
  readonly note?: string;
  readonly mode?: LegacyMode;
  readonly objects: readonly KubernetesObject[];
  readonly expectLegacyYaml?: string;
  readonly equivalent?: boolean;
  readonly warnings?: readonly string[];
  readonly error?: string;
}

const FILE = new URL('../../../../shared/cases/migrate.json', import.meta.url);
const CASES = (JSON.parse(readFileSync(FILE, 'utf8')) as readonly ReverseCase[]).filter(
  ({ direction }) => direction === 'crds-to-configmap',
);
const KNOWN_FIELDS = new Set(
  'id direction note mode objects expectLegacyYaml equivalent warnings error'.split(' '),
);

function setOf(objects: readonly KubernetesObject[]): ResourceSet {
  const secrets = objects
    .filter(({ kind }) => kind === 'Secret')
    .map(({ metadata, type = '', data }): [string, SecretContent] => {
      const text = Buffer.from(data?.password ?? '', 'base64').toString('utf8');
      return [metadata.name, { type, password: new Secret(text) }];
    });
  return { objects, secrets: new Map(secrets) };
}

describe('the way back', () => {
  test('has cases to follow', () => {
    expect(CASES).toHaveLength(9);
  });

  test.each(CASES)('$id', (given) => {
    expect(Object.keys(given).filter((key) => !KNOWN_FIELDS.has(key))).toEqual([]);
    const mode = given.mode ?? 'none';
    const reversal = convertResources(setOf(given.objects), {
      ...{ compat: 'v0.12', mode, namespace: 'metallb-system', passwords: 'exposed' },
    });
    if (reversal.kind === 'refused') {
      expect(reversal.problems.map(({ reason }) => reason)).toEqual([given.error]);
      return;
    }
    expect(given.error).toBeUndefined();
    expect(given.equivalent).toBe(true);
    const wanted = readLegacyConfig(given.expectLegacyYaml ?? '', { compat: 'v0.12', mode });
    const written = readLegacyConfig(reversal.text, { compat: 'v0.12', mode });
    if (wanted.kind === 'refused' || written.kind === 'refused') throw new Error('refused');
    expect(differences(wanted.config, written.config, ['wanted', 'written'])).toEqual([]);
    expect(reversal.warnings.map(({ reason }) => reason)).toEqual(given.warnings ?? []);
  });
});
