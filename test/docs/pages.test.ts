import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadAll } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { readResources } from '../../src/config-crd/index.ts';
import { findLegacyDocuments, readLegacyConfig } from '../../src/config-legacy/index.ts';
import { SUB_COMMANDS } from '../../src/migrate/sub-commands.ts';
import { controllerOptions, speakerOptions } from '../../src/runtime/bin/flags/index.ts';
import {
  Registry,
  agreementMetric,
  bfdMetrics,
  bgpMetrics,
  conflictMetrics,
  controllerMetrics,
  coverageMetrics,
  isolationMetric,
  layer2Metrics,
  memberEventMetric,
  ringMetrics,
  sourceMetrics,
  speakerMetrics,
} from '../../src/runtime/metrics/index.ts';
import { runMigrate } from '../support/terminal.ts';
import { NOT_RUN, STAGES } from './agreed.ts';
import { type Page, parsePage } from './page.ts';
import { OTHERS_TEXTS, OTHERS_WORDS } from './words.ts';

const FOLDER = 'docs/operator';
const files = readdirSync(FOLDER).map((name) => join(FOLDER, name));
const pages = new Map(files.map((file) => [file, parsePage(readFileSync(file, 'utf8'))]));
const around = { environment: {}, podNamespace: 'metallb-system' };
const source = sourceTexts('src').join('\n');
const flagsOfMigrate = await Promise.all(SUB_COMMANDS.map(({ name }) => flagsOfSubCommand(name)));

/** Told once, or by their short names. */
const OF_EVERY_COMMAND = new Set(['help', 'output', 'namespace']);

describe.each([...pages])('%s', (file, page) => {
  test('links to pages, headings and files that exist', () => {
    const dead = page.links.filter(({ target }) => !leadsSomewhere(file, target));

    expect(dead).toEqual([]);
  });

  test('has no block that is neither run nor marked with an agreed reason', () => {
    const languages = page.parts.flatMap((part) => ('language' in part ? [part.language] : []));
    expect(languages.filter((language) => !['console', 'yaml'].includes(language))).toEqual([]);

    const strange = commandsOf(page).flatMap(({ notRun, steps }) => {
      if (notRun === undefined) return [];
      const agreed = NOT_RUN[notRun] ?? [];
      return steps.filter(({ command }) => !agreed.includes(command.split(' ')[0] ?? ''));
    });
    expect(strange).toEqual([]);
  });

  test('sets a stage that there is before the first command that is run', () => {
    const stages = page.parts.filter((part) => part.kind === 'stage');
    const run = commandsOf(page).filter(({ notRun }) => notRun === undefined);

    expect(stages.filter(({ name }) => !STAGES.some((known) => known === name))).toEqual([]);
    expect(run.filter(({ line }) => !stages.some((stage) => stage.line < line))).toEqual([]);
  });

  test('shows YAML that parses, and configurations that are in order', () => {
    const wrong = filesOf(page).filter(({ text }) => !isInOrder(text));

    expect(wrong.map(({ line }) => line)).toEqual([]);
  });

  test('names files of this repository that exist', () => {
    const named = commandsOf(page).flatMap(({ steps }) =>
      steps.flatMap(
        ({ command }) => command.match(/\b(?:manifests|charts|images)\/[\w./-]+/g) ?? [],
      ),
    );

    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  test('names flags, variables and metrics that the programs have', () => {
    const flags = flagsOfPrograms();
    const metrics = metricsOfPrograms();
    const wrong = wordsOf(page).filter(({ text }) => {
      const [, flag] = /^--([a-z0-9-]+)(?:=.*)?$/.exec(text) ?? [];
      if (flag !== undefined) return !flags.has(flag) && !OTHERS_WORDS.has(`--${flag}`);
      if (/^metallb_\w+$/.test(text)) return !metrics.some((name) => name.startsWith(text));
      return /^METALLB_\w+$/.test(text) && !source.includes(text);
    });

    expect(wrong.map(({ line, text }) => `${line}: ${text}`)).toEqual([]);
  });

  test('quotes reasons and texts that the programs say', () => {
    const wrong = page.quoted.filter(({ text }) => {
      if (/^[A-Za-z]+[a-z][A-Z]\w*$/.test(text)) return !says(text) && !OTHERS_WORDS.has(text);
      return isSaying(text) && !says(text) && !OTHERS_TEXTS.has(text);
    });

    expect(wrong.map(({ line, text }) => `${line}: ${text}`)).toEqual([]);
  });
});

test('every reason for not running a block is needed', () => {
  const used = [...pages.values()].flatMap(commandsOf).map(({ notRun }) => notRun);

  expect(Object.keys(NOT_RUN).filter((reason) => !used.includes(reason))).toEqual([]);
});

test('every page is in the index', () => {
  const index = pages.get(join(FOLDER, 'README.md'))?.links.map(({ target }) => target);

  for (const name of readdirSync(FOLDER)) {
    if (name !== 'README.md') expect(index).toContain(name);
  }
});

test.each(SUB_COMMANDS.map(({ name }, index) => [name, index] as const))(
  'every option of metal-migrate %s is told',
  (_name, index) => {
    const told = pages
      .get(join(FOLDER, 'migrate.md'))
      ?.quoted.map(({ text }) => text.split('=')[0]);
    const flags = flagsOfMigrate[index] ?? [];

    expect(flags).toContain('help');
    expect(
      flags.filter((flag) => !OF_EVERY_COMMAND.has(flag) && !told?.includes(`--${flag}`)),
    ).toEqual([]);
  },
);

function commandsOf({ parts }: Page) {
  return parts.filter((part) => part.kind === 'commands');
}

function filesOf({ parts }: Page) {
  return parts.filter((part) => part.kind === 'file');
}

function isInOrder(text: string): boolean {
  const objects = loadAll(text) as { apiVersion?: string; kind?: string }[];
  if (objects.some(({ apiVersion }) => apiVersion?.startsWith('metallb.io/'))) {
    const resources = { objects, secrets: new Map() };
    const options = { namespace: 'metallb-system', mode: 'native' } as const;
    return readResources(resources, options).kind === 'config';
  }
  if (objects[0]?.kind !== 'ConfigMap') return true;
  const [document] = findLegacyDocuments(text).documents;
  if (document === undefined) return false;
  const reading = readLegacyConfig(document.text, { compat: 'v0.12', mode: 'native' });
  return reading.kind === 'config' && reading.warnings.length === 0;
}

function leadsSomewhere(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : join(dirname(from), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || parsePage(readFileSync(file, 'utf8')).anchors.has(anchor);
}

/** Words between backquotes and words of commands. */
function wordsOf(page: Page): { line: number; text: string }[] {
  const given = commandsOf(page).flatMap(({ steps }) =>
    steps.flatMap(({ line, command, expected }) =>
      `${command} ${expected.join(' ')}`
        .split(/[\s"'^{(|)}]+/)
        .filter((text) => text.startsWith('metallb_'))
        .map((text) => ({ line, text })),
    ),
  );
  return [...page.quoted, ...given];
}

function flagsOfPrograms(): ReadonlySet<string> {
  const usages = [controllerOptions(['-help'], around), speakerOptions(['-help'], around)];
  const texts = usages.map((usage) => (usage.kind === 'exit' ? usage.stderr : ''));
  const given = [...texts.join('\n').matchAll(/^ {2}-([a-z-]+)/gm)].map(([, name = '']) => name);
  return new Set([...given, ...flagsOfMigrate.flat()]);
}

async function flagsOfSubCommand(name: string): Promise<readonly string[]> {
  const { printed } = await runMigrate([name, '--help']);
  return [...printed.join('\n').matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(
    ([, flag = '']) => flag,
  );
}

function metricsOfPrograms(): readonly string[] {
  const register = new Registry();
  controllerMetrics(register);
  const native = new Registry();
  bgpMetrics(native, { mode: 'native', compat: 'v0.12' });
  bgpMetrics(register, { mode: 'frr', compat: 'v0.13' });
  bfdMetrics(register, { mode: 'frr', compat: 'v0.13' });
  speakerMetrics(register);
  layer2Metrics(register);
  conflictMetrics(register);
  ringMetrics(register);
  memberEventMetric(register);
  isolationMetric(register);
  sourceMetrics(register);
  agreementMetric(register).agreement(true);
  coverageMetrics(register).uncovered('pool', 1);
  const all = [...register.getMetricsAsArray(), ...native.getMetricsAsArray()];
  return all.map(({ name }) => name);
}

/** Several words that are no command, path or field: something that a program is supposed to say. */
function isSaying(text: string): boolean {
  return (
    /^[^-]\S* \S/.test(text) &&
    !/^(kubectl|npm|metal-migrate|protocol:|auto-assign:|externalTraffic|metal-lb\.io\/)/.test(text)
  );
}

/** Whether every part of a text, cut at `...`, stands in the source of the programs. */
function says(text: string): boolean {
  return text
    .split('...')
    .map((part) => part.trim())
    .every((part) => source.includes(part));
}

function sourceTexts(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}
