/**
 * Manifests as texts: what a person reviews, kubectl applies, and a repository keeps.
 *
 * {@link writeManifests} makes one YAML text of many documents, {@link writeFolder} one file for each and a
 * kustomization. Comments stand where they belong; a text is in quotes only where a reader would take it for something
 * else. The same manifests give the same octets.
 *
 * @packageDocumentation
 */
export { deliver } from './delivery.ts';
export { writeFolder } from './folder.ts';
export { MADE_BY } from './header.ts';
export { listOf, withholdPasswords } from './machine.ts';
export { writeManifests } from './manifests.ts';
export { writeCommented } from './tree.ts';
