import type { SelectorOperator } from '../selector.ts';

const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const VALUE = `(${NAME})?`;
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;

const NAME_RULE = described(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  NAME,
  ['MyName', 'my.name', '123-abc'],
);
const VALUE_RULE = described(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  VALUE,
  ['MyValue', 'my_value', '12345'],
);
const SUBDOMAIN_RULE = described(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN,
  ['example.com'],
);

const isName = matcher(/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/);
const isSubdomain = matcher(/^[a-z0-9][-a-z0-9]*(\.[a-z0-9][-a-z0-9]*)*$/);

/** What is wrong with a label key, in the words of Kubernetes' API machinery; nothing for a sound one. */
export function labelKeyFaults(key: string): readonly string[] {
  const parts = key.split('/');
  if (parts.length > 2) {
    const optional = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
    return [`a qualified name ${NAME_RULE}${optional}`];
  }
  const [name = '', prefix] = parts.reverse();
  return [...(prefix === undefined ? [] : prefixFaults(prefix)), ...nameFaults(name)];
}

/** What is wrong with a label value; nothing for a sound one. */
export function labelValueFaults(value: string): readonly string[] {
  const faults: string[] = [];
  if (Buffer.byteLength(value) > 63) faults.push(tooLong(63));
  if (value !== '' && !isName(value)) faults.push(VALUE_RULE);
  return faults;
}

/** What is wrong with how many values an operator is given; nothing if that is right. */
export function valueCountFault(operator: SelectorOperator, count: number): string | undefined {
  const takesValues = operator === 'In' || operator === 'NotIn';
  if (takesValues === count > 0) return undefined;
  return takesValues
    ? "for 'in', 'notin' operators, values set can't be empty"
    : 'values set must be empty for exists and does not exist';
}

function prefixFaults(prefix: string): readonly string[] {
  if (prefix === '') return ['prefix part must be non-empty'];
  const faults: string[] = [];
  if (Buffer.byteLength(prefix) > 253) faults.push(`prefix part ${tooLong(253)}`);
  if (!isSubdomain(prefix) || prefix.split('.').some((label) => label.endsWith('-'))) {
    faults.push(`prefix part ${SUBDOMAIN_RULE}`);
  }
  return faults;
}

function nameFaults(name: string): readonly string[] {
  const faults: string[] = [];
  if (name === '') faults.push('name part must be non-empty');
  else if (Buffer.byteLength(name) > 63) faults.push(`name part ${tooLong(63)}`);
  if (!isName(name)) faults.push(`name part ${NAME_RULE}`);
  return faults;
}

function tooLong(octets: number): string {
  return `must be no more than ${octets} characters`;
}

function described(rule: string, pattern: string, examples: readonly string[]): string {
  const listed = examples.map((example) => `'${example}', `).join(' or ');
  return `${rule} (e.g. ${listed}regex used for validation is '${pattern}')`;
}

function matcher(pattern: RegExp): (text: string) => boolean {
  return (text) => pattern.test(text);
}
