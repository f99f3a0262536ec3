import { beforeEach, expect, test } from 'vitest';
import { millis } from '../../src/runtime/platform/ports.ts';
import { FileSettler, type Reading } from '../../src/runtime/standalone/settle.ts';

const OLD = 'kind: A\nname: old\n';
const NEW = 'kind: B\nname: new\n';

let settler: FileSettler;
let now: number;

beforeEach(() => {
  settler = new FileSettler((text) => !text.includes('broken'));
  now = 0;
  look(OLD);
  look(OLD, 200);
});

/** Looks at the folder, whose one file holds `text`, `later` milliseconds after the last look. */
function look(text: string | undefined, later = 0): void {
  const reading: Reading = { kind: 'text', text: text ?? '' };
  now += later;
  settler.observe(new Map(text === undefined ? [] : [['a.yaml', reading]]), millis(now));
}

function taken(): string | undefined {
  const reading = settler.taken().get('a.yaml');
  return reading?.kind === 'text' ? reading.text : reading?.kind;
}

test('a file counts once it has stood still', () => {
  expect(taken()).toBe(OLD);
  look(NEW, 10);
  expect(taken()).toBe(OLD);
  expect(settler.nextLook()).toBe(now + 150);
  look(NEW, 150);
  expect(taken()).toBe(NEW);
  expect(settler.nextLook()).toBeUndefined();
});

test('a file that keeps growing never counts in between', () => {
  for (let length = 8; length < NEW.length; length += 1) {
    look(NEW.slice(0, length), 100);
    expect(taken()).toBe(OLD);
  }
  look(NEW, 100);
  look(NEW, 150);
  expect(taken()).toBe(NEW);
});

test.each<[name: string, text: string | undefined]>([
  ['is empty', ''],
  ['is cut off where it went on before', 'kind: A\n'],
  ['has no last newline', 'kind: B'],
  ['does not parse', 'broken\n'],
  ['has gone', undefined],
])('a file that %s must stand still for longer', (_name, text) => {
  look(text, 10);
  look(text, 900);
  expect(taken()).toBe(OLD);
  look(text, 100);
  expect(taken()).toBe(text);
});

test('what comes back unchanged was never gone', () => {
  look('', 10);
  look(OLD, 500);
  expect(settler.nextLook()).toBeUndefined();
  look(OLD, 5000);
  expect(taken()).toBe(OLD);
});
