import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Remembered, parseState, printState } from '../../src/runtime/standalone/state.ts';
import { service } from '../support/speaker-facts.ts';

const key = fc.constantFrom('default/a', 'default/b', 'shop/__proto__', 'shop/constructor');
const remembered = fc
  .record({ key, file: fc.string(), ingress: fc.array(fc.string()), clusterIP: fc.string() })
  .map(({ file, clusterIP, ...changes }): Remembered => ({
    file,
    clusterIP,
    view: service(changes),
  }));
const state = fc
  .array(remembered)
  .map((entries) => new Map(entries.map((entry) => [entry.view.key, entry])));

test('the state file holds exactly what was put into it', () => {
  fc.assert(
    fc.property(state, (services) => {
      expect(new Map(parseState(printState(services)))).toEqual(services);
    }),
  );
});

test('a torn or damaged state file is never half believed', () => {
  fc.assert(
    fc.property(state, fc.nat(), (services, cut) => {
      const text = printState(services).trimEnd();
      expect(parseState(text.slice(0, cut % text.length))).toBeUndefined();
    }),
  );
  for (const text of [
    'null',
    '[]',
    '{"version":2,"services":{}}',
    '{"version":1,"services":{"a/b":{}}}',
  ]) {
    expect(parseState(text)).toBeUndefined();
  }
});
