/**
 * A cluster on which v0.12.1 was installed with images of ours: what its operator does, what its clients see, and what
 * the programs say meanwhile.
 *
 * @packageDocumentation
 */
export type { Answer } from './outside.ts';
export { POOL, Site, WEB } from './site.ts';
