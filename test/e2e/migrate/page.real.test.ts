import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type Page, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planPage } from '../../../src/migrate/page/index.ts';
import type { PlanReport } from '../../../src/migrate/planning/index.ts';
import { eventfulReport, largeReport, planReport, stays } from '../../support/plan-report.ts';

/** Nothing of the browser's own may look like something that the page asks for. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const OPENED_WITHIN_MS = 60_000;

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'));
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
}, 60_000);

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

interface Sight {
  readonly page: Page;
  /** Everything that was asked for. */
  readonly requests: readonly string[];
  /** Whatever the browser had to complain about. */
  readonly complaints: readonly string[];
}

interface View {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** Opens a plan as somebody would who got it by mail. */
async function open(
  report: PlanReport,
  { width = 1280, colorScheme = 'light' }: View = {},
): Promise<Sight> {
  const path = join(folder, 'plan.html');
  await writeFile(path, planPage(report));
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(pathToFileURL(path).href);
  return { page, requests, complaints };
}

/** How much of the page sticks out to the right. */
function overhang(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
}

async function unfoldAll(page: Page): Promise<void> {
  for (const summary of await page.locator('summary').all()) await summary.click();
}

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test('the verdict is the first thing to be seen, and tables are tables to whoever cannot see them', async () => {
    const { page, requests, complaints } = await open(eventfulReport(), { colorScheme });

    await page.getByRole('heading', { level: 1, name: '3 of 120 Services move' }).waitFor();
    const moves = page.getByRole('table', { name: /3 Services change/ });
    expect(await moves.getByRole('columnheader').allInnerTexts()).toEqual([
      'Service',
      'What',
      'Before',
      'After',
    ]);
    const row = moves.getByRole('row').filter({ hasText: 'shop/checkout' });
    expect(await row.getByRole('cell').allInnerTexts()).toEqual([
      'address',
      '198.51.100.7',
      '198.51.100.130',
    ]);
    expect(await page.getByRole('main').count()).toBe(1);
    expect(requests).toEqual([page.url()]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('text stands out from what is behind it', async () => {
    const { page } = await open(eventfulReport(), { colorScheme });
    await unfoldAll(page);

    expect(await page.evaluate<string[]>(FAINT_TEXTS)).toEqual([]);
    await page.close();
  });
});

test('on a telephone nothing sticks out, and what a value is stands beside it', async () => {
  const { page } = await open(eventfulReport(), { width: 360 });
  await unfoldAll(page);

  expect(await overhang(page)).toBeLessThanOrEqual(0);
  const labels = await page.evaluate<string[]>(
    `[...document.querySelectorAll('tbody tr:nth-child(2) td')].map((cell) => getComputedStyle(cell, '::before').content)`,
  );
  expect(labels).toEqual(expect.arrayContaining(['"What"', '"Before"', '"After"']));
  await page.close();
});

test('names as long as they may be stick out nowhere', async () => {
  const long = `${'n'.repeat(63)}/${'s'.repeat(63)}`;
  const six = '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff';
  const plan = { ...stays(long, six, { pool: 'p'.repeat(253) }), changes: ['pool'] } as const;
  const report = planReport({ services: [plan], remarks: ['w'.repeat(400)] });
  for (const width of [360, 768, 1280]) {
    const { page } = await open(report, { width });
    await unfoldAll(page);

    expect(await overhang(page)).toBeLessThanOrEqual(0);
    await page.close();
  }
});

test('ten thousand Services open when asked for', { timeout: 2 * OPENED_WITHIN_MS }, async () => {
  const { page, complaints } = await open(largeReport(10_000));
  const last = page.getByText('team-39/service-9999', { exact: true });
  expect(await last.isVisible()).toBe(false);
  await page.locator('summary').click();
  await last.scrollIntoViewIfNeeded({ timeout: OPENED_WITHIN_MS });

  expect(await last.isVisible()).toBe(true);
  expect(complaints).toEqual([]);
  await page.close();
});

test('on paper is everything, what is folded away on the screen too', async () => {
  const { page } = await open(eventfulReport());
  const folded = page.getByRole('rowheader', { name: 'web/home' });
  expect(await folded.isVisible()).toBe(false);
  await page.emulateMedia({ media: 'print' });

  expect(await page.getByText('web/home').isVisible()).toBe(true);
  expect(await page.getByRole('navigation').isVisible()).toBe(false);
  await page.close();
});

/** In the page: texts whose contrast with the background is below 4.5 to 1. WCAG 2.1 §1.4.3 */
const FAINT_TEXTS = `(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
    if (!own) continue;
    const [a, b] = [parts(getComputedStyle(element).color), behind(element)].map(light).sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(element.textContent.trim());
  }
  return faint;
})()`;
