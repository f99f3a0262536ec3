/**
 * What is read of a live cluster: the facts that decide about addresses and announcements, and which programs are at
 * work there. Reads only; whatever may not be read is a gap that says what cannot be known for it.
 *
 * @packageDocumentation
 */
export type { ClusterFacts, FactsReading, SourceOfConfig } from './facts.ts';
export type { Installation } from './installation.ts';
export { describeInstallation } from './installed.ts';
export { readClusterFacts, withSecretsNamed } from './read-facts.ts';
