/**
 * What the controller tells of the configuration and the pools, beyond Events of its own making.
 *
 * A {@link StatusBoard} keeps the facts: what was read, what is in force, how full the pools are. From it follows what
 * the status of each resource is to say, which the {@link StatusWriter} writes where {@link Schemas} finds the CRD to
 * be ours; and which pools no advertisement covers, of which the {@link CoverageWatch} tells the Services concerned.
 *
 * @packageDocumentation
 */
export { StatusBoard } from './board.ts';
export { type CoverageObserver, CoverageWatch } from './coverage.ts';
export type { BlamedProblem, Outcome, ReadObject } from './facts.ts';
export { Schemas } from './schemas.ts';
export { StatusWriter } from './writer.ts';
