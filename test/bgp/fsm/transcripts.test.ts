import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { replay } from '../../support/bgp/transcript.ts';

const folder = new URL('../../fixtures/bgp/transcripts/', import.meta.url);

test.each(readdirSync(folder))('a session goes as in %s', (name) => {
  const transcript = readFileSync(new URL(name, folder), 'utf8');
  expect(replay(transcript)).toBe(transcript);
});
