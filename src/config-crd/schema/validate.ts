import type { StructuralSchema } from './definition.ts';
import { isObject } from './json.ts';

/** Something that the schema does not allow. `text` is what the API server says of it. */
export interface Fault {
  readonly path: string;
  readonly reason: string;
  readonly text: string;
}

/**
 * Whether numbers must fit their format. Kubernetes does so since 1.36, and then a schema whose own limits do not fit
 * refuses every value; before, a format meant nothing. crd.md §1.4
 */
export type FormatCheck = 'enforced' | 'ignored';

/** Everything that is wrong with a value, in the order of the schema. */
export function validate(
  value: unknown,
  schema: StructuralSchema,
  formats: FormatCheck,
): readonly Fault[] {
  const faults: Fault[] = [];
  check({ value, path: '', schema }, { formats, faults });
  return faults;
}

interface Place {
  readonly value: unknown;
  readonly path: string;
  readonly schema: StructuralSchema;
}

interface Pass {
  readonly formats: FormatCheck;
  readonly faults: Fault[];
}

function check(place: Place, pass: Pass): void {
  const { value, schema } = place;
  if (value === null && schema.nullable === true) return;
  checkType(place, pass);
  checkEnum(place, pass);
  if (typeof value === 'string') checkLength(place, value, pass);
  if (typeof value === 'number') checkNumber(place, value, pass);
  if (Array.isArray(value)) checkItems(place, value, pass);
  if (isObject(value)) checkMembers(place, value, pass);
}

function checkType({ value, path, schema }: Place, { faults }: Pass): void {
  const [wanted, found] = [schema.type, typeOf(value)];
  if (wanted === undefined || wanted === found) return;
  if (wanted === 'number' && found === 'integer') return;
  const says = `${path} in body must be of type ${wanted}: ${JSON.stringify(found)}`;
  faults.push(invalid(path, 'schema-type', found, says));
}

function checkEnum({ value, path, schema }: Place, { faults }: Pass): void {
  if (schema.enum === undefined || schema.enum.includes(value)) return;
  const supported = schema.enum.map((allowed) => JSON.stringify(allowed)).join(', ');
  const says = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`;
  faults.push({ path, reason: 'schema-enum', text: `${path}: ${says}` });
}

function checkLength({ path, schema }: Place, value: string, { faults }: Pass): void {
  const { minLength = 0, maxLength = Infinity } = schema;
  const length = Array.from(value).length;
  if (length < minLength) {
    const says = `${path} in body should be at least ${minLength} chars long`;
    faults.push(invalid(path, 'schema-min-length', value, says));
  }
  if (length > maxLength) {
    const text = `${path}: Too long: may not be longer than ${maxLength}`;
    faults.push({ path, reason: 'schema-max-length', text });
  }
}

function checkNumber({ path, schema }: Place, value: number, { formats, faults }: Pass): void {
  const { minimum = -Infinity, maximum = Infinity, format } = schema;
  if (value < minimum) {
    const says = `${path} in body should be greater than or equal to ${minimum}`;
    faults.push(invalid(path, 'schema-minimum', value, says));
  }
  if (value > maximum) {
    const says = `${path} in body should be less than or equal to ${maximum}`;
    faults.push(invalid(path, 'schema-maximum', value, says));
  }
  if (formats === 'ignored' || format === undefined) return;
  const limits = { Maximum: schema.maximum, Minimum: schema.minimum };
  for (const [name, limit] of Object.entries(limits)) {
    if (limit === undefined || fits(limit, format)) continue;
    const says = `${name} boundary value must be of type integer with format ${format} in ${path}`;
    faults.push({ path, reason: 'schema-format', text: `<nil>: Invalid value: "": ${says}` });
  }
  if (fits(value, format)) return;
  const says = `Checked value must be of type integer with format ${format} in ${path}`;
  faults.push({ path, reason: 'schema-format', text: `<nil>: Invalid value: "": ${says}` });
}

function checkItems(place: Place, value: readonly unknown[], pass: Pass): void {
  const { path, schema } = place;
  const { minItems = 0, maxItems = Infinity, items } = schema;
  if (value.length < minItems) {
    const says = `${path} in body should have at least ${minItems} items`;
    pass.faults.push(invalid(path, 'schema-min-items', value.length, says));
  }
  if (value.length > maxItems) {
    const text = `${path}: Too many: ${value.length}: must have at most ${maxItems} items`;
    pass.faults.push({ path, reason: 'schema-max-items', text });
  }
  if (items === undefined) return;
  for (const [index, item] of value.entries()) {
    check({ value: item, path: `${path}[${index}]`, schema: items }, pass);
  }
}

function checkMembers({ path, schema }: Place, value: object, pass: Pass): void {
  const { required = [], properties = {}, additionalProperties } = schema;
  for (const name of required) {
    if (Object.hasOwn(value, name)) continue;
    const missing = below(path, name);
    pass.faults.push({
      path: missing,
      reason: 'schema-required',
      text: `${missing}: Required value`,
    });
  }
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (typeof known !== 'object') continue;
    check({ value: member, path: below(path, name), schema: known }, pass);
  }
}

function invalid(path: string, reason: string, value: unknown, says: string): Fault {
  return { path, reason, text: `${path}: Invalid value: ${JSON.stringify(value)}: ${says}` };
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value !== 'number') return typeof value;
  return Number.isInteger(value) ? 'integer' : 'number';
}

/** Whether a number is one of its format; a format of another kind says nothing about it. */
function fits(value: number, format: string): boolean {
  if (format !== 'int32' && format !== 'int64') return true;
  const limit = format === 'int32' ? 2 ** 31 : 2 ** 63;
  return value >= -limit && value < limit;
}
