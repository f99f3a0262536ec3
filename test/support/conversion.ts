import { convertLegacy } from '../../src/migrate/conversion/index.ts';

/** What a conversion is asked for unless a test says otherwise. */
export const CONVERSION = {
  compat: 'v0.12',
  mode: 'none',
  target: 'metal-lb',
  namespace: 'metallb-system',
} as const;

type More = Partial<Parameters<typeof convertLegacy>[1]>;
type Conversion = ReturnType<typeof convertLegacy>;

export function convert(
  text: string,
  more: More = {},
): Extract<Conversion, { readonly kind: 'converted' }> {
  const made = convertLegacy(text, { ...CONVERSION, ...more });
  if (made.kind === 'refused') throw new Error(JSON.stringify(made.problems));
  return made;
}

/** The problems of what is refused. */
export function refusal(
  text: string,
  more: More = {},
): Extract<Conversion, { readonly kind: 'refused' }>['problems'] {
  const made = convertLegacy(text, { ...CONVERSION, ...more });
  if (made.kind === 'converted') throw new Error(JSON.stringify(made.manifests));
  return made.problems;
}

/** A pool on a line, with 256 addresses of its own. */
export const pool = (name: string, net: number, more = 'protocol: layer2'): string =>
  `- {name: ${name}, addresses: [198.51.${net}.0/24], ${more}}\n`;
