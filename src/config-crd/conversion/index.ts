/**
 * Conversion between the versions of a kind. crd.md §1.5, §1.8, §1.10
 *
 * Two kinds have two versions. AddressPool's differ in name only. BGPPeer v1beta1 has no `passwordSecret` and no
 * `vrf`, and its selectors must list values; the original drops what does not fit, so that a client which reads and
 * writes v1beta1 takes the password from the peer. Here it travels in an annotation meanwhile: see {@link convert}.
 *
 * @packageDocumentation
 */
export { type Conversion, convert, toStorageVersion } from './convert.ts';
