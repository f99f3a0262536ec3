import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { planPage } from '../../../src/migrate/page/index.ts';
import {
  eventfulReport,
  largeReport,
  planReport,
  route,
  stays,
} from '../../support/plan-report.ts';

/** What a reader has of the page, one line for each piece of text. */
function textOf(page: string): readonly string[] {
  return page
    .slice(page.indexOf('<body>'))
    .replaceAll(/\s+/g, ' ')
    .split(/<[^>]*>/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

test('the verdict comes first, as heading and title', () => {
  const calm = planPage(planReport());
  const alarming = planPage(eventfulReport());

  expect(calm).toContain('<title>Plan: nothing moves: 2 Services stay as they are</title>');
  expect(calm).toContain('<h1>Nothing moves: 2 Services stay as they are</h1>');
  expect(textOf(calm).slice(0, 2)).toEqual([
    'Plan of a change of configuration',
    'Nothing moves: 2 Services stay as they are',
  ]);
  expect(alarming).toContain('<h1>3 of 120 Services move</h1>');
});

test('what could not be told looks like no promise', () => {
  const { verdict } = planReport();
  const unknown = ['pods cannot be read'];
  const page = planPage(planReport({ verdict: { ...verdict, unknown } }));

  expect(page).toContain('class="verdict alert"');
  expect(planPage(planReport())).toContain('class="verdict calm"');
  expect(textOf(page)).toContain('Nothing that could be told; pods cannot be read.');
});

test('what moves is told Service by Service, before and after', () => {
  const text = textOf(planPage(eventfulReport())).join(' | ');

  expect(text).toContain(
    'shop/checkout | address | 198.51.100.7 | 198.51.100.130 | pool | lan | guests | answering node | n1 | n3',
  );
  expect(text).toContain(
    'shop/search | address | 198.51.100.8 | waits | no address of the pool &quot;guests&quot; is free',
  );
  expect(text).toContain('n2 | 192.0.2.1:179 | is reset | hold time');
});

test('of changed routes both sides are shown, and not those that stay', () => {
  const [kept, old, fresh] = [
    route('192.0.2.1:179', '203.0.113.0/24', ['n1']),
    route('192.0.2.1:179', '203.0.113.7/32', ['n1']),
    route('192.0.2.1:179', '203.0.113.7/32', ['n1', 'n2']),
  ];
  const outlook = { addresses: ['203.0.113.7'], pool: 'public', remarks: [] };
  const service = {
    service: 'shop/front',
    carries: ['203.0.113.7'],
    changes: ['routes'],
    before: { ...outlook, routes: [kept, old] },
    after: { ...outlook, routes: [kept, fresh] },
  } as const;
  const page = planPage(planReport({ services: [service] }));
  const [, moves = ''] = /<h2 id="moves">([^]*?)<\/section>/.exec(page) ?? [];

  expect(textOf(`<body>${moves}`).filter((line) => /^(to |203)/.test(line))).toEqual([
    '203.0.113.7/32',
    'to 192.0.2.1:179 from n1',
    '203.0.113.7/32',
    'to 192.0.2.1:179 from n1, n2',
  ]);
});

test('every Service is in the page, moved or not', () => {
  const page = planPage(eventfulReport());

  for (const { service } of eventfulReport().services) {
    expect(page).toContain(`<th scope="row">${service}</th>`);
  }
});

test('long lists of nodes and peers are shortened among all Services, and never where a Service moves', () => {
  const nodes = Array.from({ length: 20 }, (_, index) => `n${index}`);
  const routed = stays('a/a', '203.0.113.1', {
    routes: [route('192.0.2.1:179', '203.0.113.1/32', nodes)],
  });
  const all = planPage(planReport({ services: [routed] }));
  const moved = planPage(
    planReport({
      services: [{ ...routed, changes: ['routes'], before: { ...routed.before, routes: [] } }],
    }),
  );

  expect(textOf(all).join(' ')).toContain('from n0, n1, n2, n3, n4, n5 and 14 more');
  expect(textOf(moved).join(' ')).toContain(`from ${nodes.join(', ')}`);
});

describe('whatever names hold is text', () => {
  const nasty = '<script>alert("1")</script><img src=x onerror=\'1\'>&amp;';

  test('in every field of a plan', () => {
    const everywhere = JSON.parse(
      JSON.stringify(eventfulReport(), (key, value: unknown) =>
        typeof value === 'string' && !['action', 'change', 'nextHop', 'origin'].includes(key)
          ? nasty
          : value,
      ).replaceAll(
        /"changes":\[[^\]]*\]/g,
        '"changes":["address","pool","node","interfaces","routes"]',
      ),
    ) as ReturnType<typeof eventfulReport>;
    const page = planPage(everywhere);

    expect(page).not.toMatch(/<script|<img|alert\("/);
    expect(page.match(/&lt;script&gt;alert\(&quot;1&quot;\)/g)?.length).toBeGreaterThan(40);
    expect(page).toContain('&amp;amp;');
  });

  test('and signs that nobody sees, or that turn around the text, are shown by their numbers', () => {
    const page = planPage(planReport({ remarks: ['a\u202eb\u0007c\u200bd'] }));

    expect(page).toContain('<li>a\\u{202e}b\\u{0007}c\\u{200b}d</li>');
  });
});

test('the page asks for nothing: no script, no address to fetch, and a policy that forbids both', () => {
  const page = planPage(eventfulReport());
  const [, style = ''] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
  const digest = createHash('sha256').update(style).digest('base64');

  expect(page).toContain(
    `content="default-src &#39;none&#39;; style-src &#39;sha256-${digest}&#39;;`,
  );
  expect(page).not.toMatch(/<script|<link|<iframe|<img|\bsrc=|\bstyle=|\bon\w+=|url\(|@import/);
  expect(page).not.toMatch(/href="[^#]/);
});

test('the same plan gives the same page', () => {
  expect(planPage(eventfulReport())).toBe(planPage(structuredClone(eventfulReport())));
});

test('ten thousand Services make a page that can be sent by mail', () => {
  expect(planPage(largeReport(10_000)).length).toBeLessThan(4_000_000);
});
