import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { readLegacyConfig } from '../../../src/config-legacy/index.ts';
import { differences } from '../../../src/runtime/model/index.ts';
import { spell } from '../../support/legacy-spelling.ts';
import { Choices, soundDocument } from '../../support/legacy-tree.ts';
import { runMigrate } from '../../support/terminal.ts';

const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 });

async function converted(text: string, ...options: readonly string[]): Promise<string> {
  const argv = ['convert', '--show-secrets', ...options];
  const { code, printed, complained } = await runMigrate(argv, { '-': text });
  if (code !== 0) throw new Error(`${complained.join('\n')}\n${text}`);
  return `${printed.join('\n')}\n`;
}

/** What is below the header, which names the direction. */
function body(text: string): string {
  return text.slice(text.indexOf('\n\n') + 2);
}

function configIn(configMap: string): string {
  const [, block = ''] = configMap.split(/^ {2}config: (?:\|\n)?/m);
  return block.replaceAll(/^ {4}/gm, '');
}

/** In a ConfigMap a second document would be no matter; here it would be another input. */
function documentOf(what: number, how: number): string {
  const { text } = spell(soundDocument(new Choices(what)), new Choices(how));
  return text.replace('---\n]: [\n', '').replaceAll('\r\n', '\n');
}

function modelOf(text: string) {
  const reading = readLegacyConfig(text, { compat: 'v0.12', mode: 'none' });
  if (reading.kind === 'refused') throw new Error(`${reading.message}\n${text}`);
  return reading.config;
}

test.prop([seed, seed], { numRuns: Number(process.env['FC_RUNS'] ?? 12) })(
  'there and back means the same, and from the first time on nothing changes by a byte',
  async (what, how) => {
    const original = documentOf(what, how);
    const resources = await converted(original);
    fc.pre(resources.includes('kind: '));
    const configMap = await converted(resources, '--reverse');
    const before = modelOf(original);
    expect(differences(before, modelOf(configIn(configMap)), ['before', 'after'])).toEqual([]);
    const again = await converted(configMap);
    expect(body(again)).toBe(body(resources));
    expect(body(await converted(again, '--reverse'))).toBe(body(configMap));
  },
  60_000,
);
