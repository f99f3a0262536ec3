import type { ServiceView } from '../model/index.ts';
import { isMapping } from './manifest.ts';

/** A Service as it was last known, with the addresses assigned to it. */
export interface Remembered {
  /** The file it came from. */
  readonly file: string;
  /** As the manifest has it; empty where it has none. */
  readonly clusterIP: string;
  readonly view: ServiceView;
}

/** The text of the state file: JSON, Services sorted by name so that differences are readable. */
export function printState(services: ReadonlyMap<string, Remembered>): string {
  const sorted = [...services].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ version: 1, services: Object.fromEntries(sorted) }, null, 2)}\n`;
}

/** Reads what {@link printState} wrote; `undefined` if the text is anything else, for it must not be half believed. */
export function parseState(text: string): ReadonlyMap<string, Remembered> | undefined {
  const state = parseJson(text);
  if (!isMapping(state) || state['version'] !== 1 || !isMapping(state['services'])) {
    return undefined;
  }
  const services = new Map<string, Remembered>();
  for (const [key, entry] of Object.entries(state['services'])) {
    if (!isRemembered(entry) || entry.view.key !== key) return undefined;
    services.set(key, entry);
  }
  return services;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const VIEW_TEXTS = [
  'key',
  'uid',
  'createdAt',
  'type',
  'externalTrafficPolicy',
  'selector',
  'loadBalancerIP',
  'loadBalancerIPs',
  'addressPool',
  'sharingKey',
];

function isRemembered(entry: unknown): entry is Remembered {
  if (!isMapping(entry) || !isMapping(entry['view'])) return false;
  const { view } = entry;
  return (
    typeof entry['file'] === 'string' &&
    typeof entry['clusterIP'] === 'string' &&
    VIEW_TEXTS.every((field) => typeof view[field] === 'string') &&
    typeof view['hasLoadBalancerStatus'] === 'boolean' &&
    isMapping(view['labels']) &&
    isTexts(view['clusterIPs']) &&
    isTexts(view['ingress']) &&
    Array.isArray(view['ports']) &&
    view['ports'].every(isPort)
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isPort(value: unknown): boolean {
  return (
    isMapping(value) && typeof value['protocol'] === 'string' && typeof value['port'] === 'number'
  );
}
