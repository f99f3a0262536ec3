/** Keys and indexes from the root of the document down. */
export type FieldPath = (string | number)[];

/** As people write it: `peers[0].node-selectors[1].match-labels`. */
export function pathText(path: Readonly<FieldPath>): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : `${text}${text === '' ? '' : '.'}${step}`,
    '',
  );
}
