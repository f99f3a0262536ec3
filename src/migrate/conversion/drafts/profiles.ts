import type { ConfigFile, ProfileEntry } from '../../../config-legacy/index.ts';
import { renames } from '../naming/legal.ts';
import { type Draft, Fields } from './draft.ts';
import { type Making, metadataOf } from './making.ts';

const NUMBERS = {
  'receive-interval': 'receiveInterval',
  'transmit-interval': 'transmitInterval',
  'detect-multiplier': 'detectMultiplier',
  'echo-interval': 'echoInterval',
  'minimum-ttl': 'minimumTtl',
} as const;
const FLAGS = { 'echo-mode': 'echoMode', 'passive-mode': 'passiveMode' } as const;

export interface ProfileDrafts {
  readonly drafts: readonly Draft[];
  /** New names by old ones. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** BFDProfiles. crd.md §1.6 */
export function draftProfiles(file: ConfigFile, { namespace, report }: Making): ProfileDrafts {
  const entries = file['bfd-profiles']?.items ?? [];
  const renamed = renames(
    entries.map(({ name }) => name?.value ?? ''),
    'profile',
  );
  const drafts = entries.map((entry, index): Draft => {
    const source = ['bfd-profiles', index];
    const written = entry.name?.value ?? '';
    const name = renamed.get(written) ?? written;
    const { span } = entry.name ?? entry;
    if (name !== written) {
      const message = `BFD profile ${JSON.stringify(written)} becomes ${name}, as no object can have its name`;
      const place = { source: [...source, 'name'], span };
      report.warn({ ...place, reason: 'bfd-profile-renamed', message });
    }
    const fields = convertSettings(entry, new Fields(source, ['spec']));
    const origins = [
      { source, span: entry.span, target: [] },
      { source: [...source, 'name'], span, target: ['metadata', 'name'] },
      ...fields.origins,
    ];
    const metadata = metadataOf(name, namespace);
    const apiVersion = 'metallb.io/v1beta1';
    const spec = Object.keys(fields.values).length > 0 ? { spec: fields.values } : {};
    return { manifest: { apiVersion, kind: 'BFDProfile', metadata, ...spec }, origins };
  });
  return { drafts, renamed };
}

function convertSettings(entry: ProfileEntry, fields: Fields): Fields {
  for (const key of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    fields.set(NUMBERS[key], entry[key]?.value, key, entry[key]);
  }
  for (const key of Object.keys(FLAGS) as (keyof typeof FLAGS)[]) {
    fields.set(FLAGS[key], entry[key]?.value === true ? true : undefined, key, entry[key]);
  }
  return fields;
}
