/** Why a set of objects is refused: the classes of crd.md Appendix A, and a few for what an API server never lets in. */
export type ProblemReason =
  | `aggregation-${'too-long' | 'too-short'}`
  | `bfd-${'echo-ipv6' | 'profile-not-found'}`
  | `bgp-extras`
  | `duplicate-${'community-alias' | 'list-entry' | 'match-expression' | 'object' | 'pool' | 'selector'}`
  | 'ebgp-multihop-on-ibgp'
  | `frr-${'asn-mismatch' | 'duplicate-peer' | 'router-id-mismatch'}`
  | `invalid-${'cidr' | 'community-value' | 'hold-time' | 'keepalive' | 'peer-address' | 'range'}`
  | `invalid-${'router-id' | 'selector' | 'source-address'}`
  | 'legacy-l2-with-bgp-adv'
  | 'localpref-conflict'
  | `missing-${'local-asn' | 'peer-asn'}`
  | `native-${'bfd' | 'bfd-profile-present' | 'ipv6' | 'keepalive' | 'large-community' | 'vrf'}`
  | 'no-addresses'
  | 'overlapping-cidr'
  | 'password-and-secret'
  | 'range-reversed'
  | `schema-${'enum' | 'maximum' | 'minimum' | 'required' | 'type'}`
  | `secret-${'missing-password' | 'not-found' | 'wrong-type'}`
  | 'unknown-community'
  | `unknown-${'kind' | 'version'}`;

/** What the original takes without a word. */
export type WarningReason =
  | 'covers-nothing'
  | 'duplicate-advertisement'
  | 'duplicate-legacy-name'
  | 'idle-router-id'
  | 'localpref-conflict'
  | 'pool-mixed-families'
  | 'pool-not-advertised'
  | `unknown-${'field' | 'peer' | 'pool'}`
  | 'wrong-namespace';
