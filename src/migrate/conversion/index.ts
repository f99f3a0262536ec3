/**
 * The ConfigMap as resources: `convertLegacy` makes of every sound legacy document the objects that mean the same, with
 * the words of its author beside them, and proves it each time by reading back what it has made.
 *
 * @packageDocumentation
 */
export type { Conversion, ConversionTarget, Limits } from './conversion.ts';
export { convertLegacy } from './convert.ts';
