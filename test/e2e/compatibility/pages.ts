import { readFileSync } from 'node:fs';
import { request } from 'node:http';

/** What a server answered. */
export interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const PATIENCE = 5000;

/** One request on a connection of its own. */
export async function ask(url: string, method = 'GET'): Promise<Page> {
  return await new Promise((resolve, reject) => {
    const call = request(url, { method, agent: false, timeout: PATIENCE }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject).on('end', () => {
        const type = response.headers['content-type'] ?? '';
        resolve({ status: response.statusCode ?? 0, type, text });
      });
    });
    call.on('error', reject).on('timeout', () => call.destroy(new Error(`${url}: silence`)));
    call.end();
  });
}

/** `type name label…` of every family of a metrics page, labels sorted; families without a sample have none. */
export function familiesOn(page: string): string[] {
  const labels = new Map<string, string>();
  for (const [, name = '', list = ''] of page.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const names = [...list.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label]) => label);
    labels.set(name, names.sort().join(' '));
  }
  const typed = [...page.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  return typed
    .map(([, name = '', type = '']) => `${type} ${name} ${labels.get(name) ?? ''}`.trim())
    .sort();
}

/** The lines of a contract in test/fixtures/metrics, in the form of {@link familiesOn}. */
export function contract(name: string): string[] {
  const lines = readFileSync(`test/fixtures/metrics/${name}.prom`, 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [type = '', family = '', ...labels] = line.split(' ');
      return [type, family, ...labels.sort()].join(' ');
    })
    .sort();
}

/** The name of a line of {@link familiesOn}. */
export function nameOf(family: string): string {
  return family.split(' ')[1] ?? '';
}
