import type { BfdProfile } from '../../runtime/model/index.ts';
import type { Value } from '../yaml/decode.ts';
import type { ConfigFile, ProfileEntry } from './document.ts';
import { Refusal, within } from './refusal.ts';

type Setting =
  'detect-multiplier' | 'receive-interval' | 'transmit-interval' | 'minimum-ttl' | 'echo-interval';

/** In the order they are checked, with the value that FRR takes where none is given. */
const SETTINGS: Readonly<Record<Setting, { low: number; high: number; fallback: number }>> = {
  'detect-multiplier': { low: 2, high: 255, fallback: 3 },
  'receive-interval': { low: 10, high: 60_000, fallback: 300 },
  'transmit-interval': { low: 10, high: 60_000, fallback: 300 },
  'minimum-ttl': { low: 1, high: 254, fallback: 254 },
  'echo-interval': { low: 10, high: 60_000, fallback: 50 },
};

/** The BFD profiles, in the order written. legacy.md §1.12 */
export function parseProfiles(file: ConfigFile): readonly BfdProfile[] {
  const names = new Set<string>();
  return (file['bfd-profiles']?.items ?? []).map((entry, index) => {
    const path = `bfd-profiles[${index}]`;
    const prefix = `parsing bfd profile #${index + 1}: `;
    const profile = within(prefix, path, () => parseProfile(entry));
    if (names.has(profile.name)) {
      throw new Refusal(`found duplicate bfd profile name ${profile.name}`, {
        reason: 'bfd-duplicate-name',
        path: `${path}.name`,
        span: entry.name?.span ?? entry.span,
      });
    }
    names.add(profile.name);
    return profile;
  });
}

function parseProfile(entry: ProfileEntry): BfdProfile {
  const name = entry.name?.value ?? '';
  if (name === '') {
    const span = entry.name?.span ?? entry.span;
    throw new Refusal('missing bfd profile name', {
      reason: 'bfd-missing-name',
      path: 'name',
      span,
    });
  }
  const detectMultiplier = inRange('detect-multiplier', entry['detect-multiplier']);
  const receiveIntervalMs = inRange('receive-interval', entry['receive-interval']);
  const transmitIntervalMs = inRange('transmit-interval', entry['transmit-interval']);
  const minimumTTL = inRange('minimum-ttl', entry['minimum-ttl']);
  const echoIntervalMs = inRange('echo-interval', entry['echo-interval']);
  return {
    name,
    receiveIntervalMs,
    transmitIntervalMs,
    detectMultiplier,
    echoIntervalMs,
    echoMode: entry['echo-mode']?.value ?? false,
    passiveMode: entry['passive-mode']?.value ?? false,
    minimumTTL,
  };
}

function inRange(setting: Setting, written: Value<number> | undefined): number {
  const { low, high, fallback } = SETTINGS[setting];
  if (written === undefined) return fallback;
  const { value, span } = written;
  if (value >= low && value <= high) return value;
  const named = setting.replace('-', ' ');
  throw new Refusal(
    `invalid ${named} value: invalid value ${value}, must be in ${low}-${high} range`,
    { reason: 'bfd-out-of-range', path: setting, span },
  );
}
