import { createHash } from 'node:crypto';
import type { PlanReport, PlannedCluster } from '../planning/index.ts';
import { type Html, type Part, html, trusted } from './html.ts';
import { moves, sessions } from './moves.ts';
import { objectCounts, objects, renames } from './objects.ts';
import { services } from './services.ts';
import { STYLE } from './style.ts';
import { capitalized } from './words.ts';

interface Section {
  readonly id: string;
  readonly title: string;
  /** Nothing: the page has no such section. */
  readonly body: Part;
}

const STYLE_DIGEST = createHash('sha256').update(STYLE).digest('base64');
/** Whatever slipped into the page, a browser would neither run nor fetch it. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_DIGEST}'; base-uri 'none'; form-action 'none'`;

const SIGNS = new Map([
  [false, { tone: 'calm', path: 'M5 12.5l4.5 4.5L19 7.5' }],
  [true, { tone: 'alert', path: 'M12 6v7.5M12 17v.8' }],
]);

/** The page as text of UTF-8, ending with a line feed. */
export function planPage(report: PlanReport): string {
  const sections = sectionsOf(report).filter(({ body }) => body !== undefined);
  return `${page(report, sections).text}\n`;
}

function page(report: PlanReport, sections: readonly Section[]): Html {
  const { verdict } = report;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="generator" content="metal-migrate" />
        <title>Plan: ${verdict.text}</title>
        ${trusted(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header>
          <p class="kind">Plan of a change of configuration</p>
          ${verdictBox(report)} ${facts(report)}
          <nav aria-label="On this page">
            <ul>
              ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main>${sections.map(sectionMarkup)}</main>
        <footer>
          <p>
            Made by <code>metal-migrate plan</code>. Controller and speakers were simulated with the
            decisions that they take in production; nothing was written to the cluster.
          </p>
        </footer>
      </body>
    </html>`;
}

function sectionsOf(report: PlanReport): readonly Section[] {
  const { remarks, differences } = report;
  return [
    { id: 'remarks', title: 'Worth knowing', body: list(remarks) },
    { id: 'objects', title: 'Objects', body: objects(report) },
    { id: 'names', title: 'Renamed pools', body: renames(report) },
    { id: 'differences', title: 'What the configurations differ in', body: list(differences) },
    { id: 'moves', title: 'What moves', body: moves(report) },
    { id: 'sessions', title: 'BGP sessions', body: sessions(report) },
    { id: 'services', title: 'Services', body: services(report) },
  ];
}

function sectionMarkup({ id, title, body }: Section): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${body}
  </section> `;
}

/** The sign says in another way what the words say: it is not for those who hear the page. */
function verdictBox({ verdict }: PlanReport): Html {
  const { tone, path } = SIGNS.get(verdict.moves || verdict.unknown.length > 0) ?? {
    tone: 'alert',
    path: '',
  };
  return html`<div class="verdict ${tone}">
    <svg
      class="sign"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2.4"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <circle cx="12" cy="12" r="10.6" stroke-width="1.6" />
      <path d="${path}" />
    </svg>
    <div><h1>${capitalized(verdict.text)}</h1></div>
  </div>`;
}

function facts({ cluster, sides, objects: changes }: PlanReport): Html {
  const rows: readonly (readonly [string, Part])[] = [
    ['Cluster', html`<span class="mono">${cluster.server}</span>`],
    ['Namespace', cluster.namespace],
    ['At work there', cluster.runs],
    ['Rules', rules(cluster)],
    ['Speakers', speakers(cluster)],
    ['In force now', sides.before],
    ['To come', sides.after],
    ['Objects', objectCounts(changes)],
  ];
  return html`<dl class="facts">
    ${rows.map(
      ([term, what]) =>
        html`<dt>${term}</dt>
          <dd>${what}</dd>`,
    )}
  </dl>`;
}

function rules({ compat: { before, after }, mode }: PlannedCluster): string {
  return `${before === after ? before : `${before}, then ${after}`}, BGP mode ${mode}`;
}

function speakers({ speakers: nodes }: PlannedCluster): string {
  if (nodes === null) return 'nobody can tell';
  return nodes.length === 0 ? 'none' : `${nodes.length}: ${nodes.join(', ')}`;
}

function list(sentences: readonly string[]): Html | undefined {
  if (sentences.length === 0) return undefined;
  return html`<ul>
    ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
  </ul>`;
}
