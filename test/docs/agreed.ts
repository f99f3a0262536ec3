/** Why a block of commands may go untested, and the programs that such a block may then use. */
export const NOT_RUN: Readonly<Record<string, readonly string[]>> = {
  'needs a container builder': ['docker'],
  'needs a router that speaks BGP': ['curl', 'kubectl'],
  'needs helm': ['helm', 'metal-migrate'],
  'needs kube-proxy as a DaemonSet': ['kubectl'],
  'needs the Prometheus operator': ['kubectl'],
  'needs a volume and the image of metal-migrate': ['kubectl'],
  'needs the manifests of the old release': ['kubectl'],
};

/** States of the cluster that pages ask for. */
export const STAGES = [
  'empty',
  'exhausted',
  'installed',
  'installed-with-web',
  'kube-proxy-in-ipvs-mode',
  'metallb-v0.10.3',
  'metallb-v0.12.1',
  'no-endpoints',
  'no-memberlist-secret',
  'port-taken',
  'rights-missing',
  'rival',
  'servicelb',
  'sharing-ended',
  'typo',
  'upgraded',
] as const;

export type StageName = (typeof STAGES)[number];
