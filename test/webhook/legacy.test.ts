import { describe, expect, test } from 'vitest';
import type { AdmissionRequest, Verdict } from '../../src/runtime/webhook/review/admission.ts';
import { reviewConfigMap } from '../../src/runtime/webhook/review/legacy.ts';

const NAMESPACE = 'metallb-system';
const GOOD = 'address-pools:\n- name: a\n  protocol: layer2\n  addresses: [198.51.100.0/24]\n';
const TYPO = GOOD.replace('addresses:', 'adresses:');

interface Edit {
  readonly name?: string;
  readonly namespace?: string;
  readonly operation?: string;
  readonly before?: string;
}

function review(config: string | undefined, edit: Edit = {}): Verdict {
  const { name = 'config', namespace = NAMESPACE, operation = 'UPDATE', before = GOOD } = edit;
  const configMap = (text: string | undefined) => ({
    metadata: { name, namespace },
    data: { config: text },
  });
  const request: AdmissionRequest = {
    apiVersion: 'admission.k8s.io/v1',
    uid: 'u-1',
    operation,
    kind: 'ConfigMap',
    namespace,
    name,
    object: operation === 'DELETE' ? undefined : configMap(config),
    oldObject: operation === 'CREATE' ? undefined : configMap(before),
  };
  const options = { namespace: NAMESPACE, configMap: 'config', compat: 'v0.12', mode: 'native' };
  return reviewConfigMap(request, options as Parameters<typeof reviewConfigMap>[1]);
}

test('a typo is refused with its line, its column and what was probably meant', () => {
  const verdict = review(TYPO);
  expect(verdict.kind === 'refused' && verdict.message).toMatch(
    /^key config of ConfigMap metallb-system\/config: line 4, column 3: .*adresses.*did you mean "addresses"\?$/s,
  );
});

test('of several faults each has its place', () => {
  const verdict = review(TYPO.replace('protocol:', 'protocl:'));
  const message = verdict.kind === 'refused' ? verdict.message : '';
  expect(message).toContain('could not parse config: yaml: unmarshal errors:');
  expect(message).toContain('line 3, column 3: address-pools[0].protocl: did you mean "protocol"?');
  expect(message).toContain(
    'line 4, column 3: address-pools[0].adresses: did you mean "addresses"?',
  );
});

test('what the speakers would refuse in their mode is refused', () => {
  const bfd = `${GOOD}bfd-profiles:\n- name: swift\n`;
  expect(review(bfd).kind).toBe('refused');
});

describe('allowed are', () => {
  test.each<[what: string, config: string | undefined, edit: Edit]>([
    ['a good configuration', GOOD, { before: TYPO }],
    ['a new one', GOOD, { operation: 'CREATE' }],
    ['the removal of one', undefined, { operation: 'DELETE', before: TYPO }],
    ['one without the key', undefined, {}],
    ['another edit of one that was broken before', TYPO, { before: TYPO }],
    ['another ConfigMap', TYPO, { name: 'other' }],
    ['a ConfigMap of another namespace', TYPO, { namespace: 'till' }],
  ])('%s', (_, config, edit) => {
    expect(review(config, edit)).toEqual({ kind: 'allowed', warnings: [] });
  });

  test('what is probably not meant, with a warning', () => {
    const mixed = GOOD.replace('198.51.100.0/24', "198.51.100.0/24, '192.0.2.1-2001:db8::1'");
    const verdict = review(mixed);
    expect(verdict.kind).toBe('allowed');
    expect(verdict.warnings.join()).toContain('line 4');
  });
});
