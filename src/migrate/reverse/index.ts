/**
 * The way back: v0.13 resources as the one ConfigMap that v0.10 to v0.12 read.
 *
 * {@link convertResources} refuses what a ConfigMap has no words for, each with its object and field, and proves the rest
 * by reading the ConfigMap back. What it writes goes through the same writer as every output, comments included.
 *
 * @packageDocumentation
 */
export { withoutDefaults } from './defaults.ts';
export { withLeadingComments } from './leading.ts';
export type { PasswordUse } from './limits.ts';
export { type Reversal, convertResources } from './reverse.ts';
