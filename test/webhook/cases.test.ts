import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { reviewResource } from '../../src/runtime/webhook/review/resources.ts';
import { type AnObject, asked, factsOf } from '../support/admission.ts';

interface Case {
  readonly id: string;
  readonly stage: string;
  readonly mode: 'none' | 'native' | 'frr';
  readonly note?: string;
  readonly objects: readonly AnObject[];
  readonly incoming: AnObject;
  readonly op: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly expect?: { readonly allowed: true };
  readonly error?: string;
  readonly upstreamMessage?: string;
}

const FIXTURE = new URL('../fixtures/cases/crd.json', import.meta.url);
const cases = (JSON.parse(readFileSync(FIXTURE, 'utf8')) as Case[]).filter(
  ({ stage }) => stage === 'webhook',
);
const FIELDS = ['id', 'stage', 'mode', 'note', 'objects', 'incoming', 'op'];
const OUTCOMES = ['expect', 'error', 'upstreamMessage'];

test('the case file has webhook cases, and nothing in them that is not looked at', () => {
  expect(cases.length).toBeGreaterThanOrEqual(8);
  const fields = new Set(cases.flatMap((one) => Object.keys(one)));
  expect([...fields].filter((field) => ![...FIELDS, ...OUTCOMES].includes(field))).toEqual([]);
});

describe('the original allows and refuses the same', () => {
  test.each(cases.map((one) => [one.id, one] as const))('%s', (_, one) => {
    const facts = factsOf(one.objects, { mode: one.mode });
    const before = one.objects.find(({ metadata }) => metadata.name === one.incoming.metadata.name);

    const verdict = reviewResource(asked(one.op, one.incoming, before), facts);

    if (one.expect === undefined) {
      expect(verdict.kind === 'refused' && verdict.message).toContain(one.upstreamMessage);
      expect(one.error).toBeTypeOf('string');
    } else {
      expect(verdict.kind === 'allowed').toBe(one.expect.allowed);
    }
  });
});
