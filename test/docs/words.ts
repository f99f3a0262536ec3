/** Flags and names between backquotes that are not ours: those of Kubernetes, of its tools, of other products. */
export const OTHERS_WORDS: ReadonlySet<string> = new Set([
  '--advertise-loadbalancer-ip',
  '--mode',
  '--node-monitor-grace-period',
  '--reuse-values',
  '--to-revision',
  'PostSync',
  'containerPort',
  'dependsOn',
  'emptyDir',
  'hostPort',
  'loadBalancerSourceRanges',
  'proxyAll',
  'serviceLoadBalancerIPs',
  'strictARP',
]);

/** Texts between backquotes that others print, or show in their windows. */
export const OTHERS_TEXTS: ReadonlySet<string> = new Set([
  'Forged transmits',
  'IP filter',
  'MAC address changes',
  'MAC filter',
  'ip route get',
  'kubeseal --format yaml',
  'neighbor 192.0.2.11 remote-as 64512',
  'no bgp ebgp-requires-policy',
  'rollout undo',
  'show bfd peers',
  'show bgp neighbors',
  'show bgp neighbors ... advertised-routes',
  'show bgp summary',
  'secret "memberlist" not found',
  "sops --encrypt --in-place --encrypted-regex '^(data\\|stringData)$'",
  'ttl security',
  'ttl-security hops',
]);
