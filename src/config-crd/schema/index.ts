/**
 * What an API server does to one object of a v0.13 kind, without the server. crd.md §1
 *
 * {@link CRDS} are our definitions of the seven kinds; `manifests/v0.13/crds` is their printed form. They take every
 * object that the original's take. {@link admit} runs one object through any definition, ours or one that a cluster
 * has: unknown fields go, defaults come, and what is left is stored, or refused in the server's words.
 *
 * @packageDocumentation
 */
export { type FormatCheck, admit } from './admit.ts';
export { CRDS } from './crds/index.ts';
export type { CustomResourceDefinition, StructuralSchema } from './definition.ts';
