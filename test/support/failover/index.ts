/**
 * A segment of nodes with a speaker each, ways to make them fail, and a prober that tells who answered meanwhile: what
 * the tests of failover and its measurements share. Needs root and a private network, as test/cluster does.
 *
 * @packageDocumentation
 */
export {
  cutOff,
  doubleSince,
  killed,
  partitioned,
  restarted,
  stoodStill,
  stopped,
} from './scenarios.ts';
export { Stage, freeAddresses } from './stage.ts';
