import { get } from 'node:http';

/** Samples of a Prometheus page, by name and labels as printed: `name{label="value"}`. */
export type Metrics = ReadonlyMap<string, number>;

const TIMEOUT = 2000;

export async function scrape(url: string): Promise<Metrics> {
  return samples(await fetchText(url));
}

function samples(page: string): Metrics {
  const found = new Map<string, number>();
  for (const line of page.split('\n')) {
    const space = line.lastIndexOf(' ');
    if (line.startsWith('#') || space < 0) continue;
    found.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return found;
}

async function fetchText(url: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const call = get(url, { agent: false, timeout: TIMEOUT }, (response) => {
      let page = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (page += chunk));
      response.on('error', reject).on('end', () => {
        if (response.statusCode === 200) resolve(page);
        else reject(new Error(`${url}: ${response.statusCode ?? 0}`));
      });
    });
    call.on('error', reject).on('timeout', () => call.destroy(new Error(`${url}: silence`)));
  });
}
