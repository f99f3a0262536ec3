/** What to do where a reader does not take what v0.12 took, by error class. docs/adr/0021 */
export const WAYS_OUT: Readonly<Record<string, string | undefined>> = {
  'bfd-echo-ipv6':
    'switch echo-mode off in the BFD profile, or take the IPv6 addresses out of pools of protocol bgp',
  'frr-asn-mismatch': 'FRR mode, which came with v0.12, takes one my-asn: give all peers the same',
  'frr-duplicate-peer': 'the peers differ in the spelling of one address only: keep one of them',
  'frr-router-id-mismatch':
    'FRR mode, which came with v0.12, takes one router-id: give all peers the same, or none',
  'localpref-conflict':
    'give the two advertisements different aggregation lengths for each address family, or one localpref',
  'native-ipv6':
    'v0.13 takes no IPv6 at all beside BGP in native mode: use FRR mode, or take out the IPv6 addresses',
  'peer-port-unrepresentable':
    'let the peer listen on a port that the installed CRDs take, or install those of metal-lb',
};
