import type { Interpretation, ResourceProblem } from '../../config-crd/index.ts';
import type { Config, ObjectReference, Pool } from '../../runtime/model/index.ts';
import { referenceOf } from './peer.ts';

type Resources = Interpretation['resources'];

/** Which passwords may be in the ConfigMap: none, those that are in BGPPeers as they are, or those of Secrets too. */
export type PasswordUse = 'refused' | 'kept' | 'exposed';

/** Why a ConfigMap cannot carry something: the classes of crd.md Appendix A, and one for passwords. */
export type LossReason =
  | `advertisement-${'interfaces' | 'node-selector' | 'peers'}`
  | 'large-community'
  | `pool-${'has-both-protocols' | 'without-advertisement'}`
  | 'secret-exposed'
  | 'service-allocation'
  | 'vrf';

interface Loss {
  readonly path: string;
  readonly reason: LossReason;
  readonly message: string;
  readonly hint: string;
}

/** Everything in sound resources that a ConfigMap has no words for. crd.md §4.5 */
export function lossesOf(
  { resources, coverage }: Interpretation,
  config: Config,
  passwords: PasswordUse,
): readonly ResourceProblem[] {
  const pools = new Map(config.pools.map((pool) => [pool.name, pool]));
  const places = [...resources.IPAddressPool, ...resources.AddressPool];
  return [
    ...places.flatMap(({ name, place }) => {
      const pool = pools.get(name);
      return pool === undefined ? [] : placed(poolLosses(pool), place.object);
    }),
    ...resources.L2Advertisement.flatMap(({ name, spec, place }) => {
      if (coverage.L2Advertisement.get(name)?.length === 0) return [];
      return placed([...interfaceLoss(spec), ...nodeLoss('answers', spec)], place.object);
    }),
    ...resources.BGPAdvertisement.flatMap(({ name, spec, place }) => {
      if (coverage.BGPAdvertisement.get(name)?.length === 0) return [];
      return placed([...nodeLoss('is announced', spec), ...peersLoss(spec)], place.object);
    }),
    ...largeCommunities(resources, coverage),
    ...peerLosses(resources, config, passwords),
  ];
}

function placed(losses: readonly Loss[], object?: ObjectReference): readonly ResourceProblem[] {
  return losses.map((loss) => ({ ...loss, object: referenceOf(object) }));
}

function poolLosses({ name, layer2, bgp, serviceAllocation }: Pool): readonly Loss[] {
  const losses: Loss[] = [];
  const path = 'metadata.name';
  if (layer2.length > 0 && bgp.length > 0) {
    losses.push({
      path,
      reason: 'pool-has-both-protocols',
      message: `pool "${name}" is announced at layer 2 and over BGP: a ConfigMap has one protocol for a pool`,
      hint: 'restrict the advertisements to pools of their own with ipAddressPools',
    });
  }
  if (layer2.length === 0 && bgp.length === 0) {
    losses.push({
      path,
      reason: 'pool-without-advertisement',
      message: `pool "${name}" has no advertisement: every pool of a ConfigMap is announced`,
      hint: 'add an L2Advertisement or a BGPAdvertisement for it, or leave the pool out',
    });
  }
  if (serviceAllocation !== undefined) {
    losses.push({
      path: 'spec.serviceAllocation',
      reason: 'service-allocation',
      message: `pool "${name}" is for some Services only: in a ConfigMap every Service may use a pool`,
      hint: 'take serviceAllocation out; with autoAssign: false only Services that name the pool use it',
    });
  }
  return losses;
}

function interfaceLoss({ interfaces = [] }: Resources['L2Advertisement'][number]['spec']): Loss[] {
  if (interfaces.length === 0) return [];
  return [
    {
      path: 'spec.interfaces',
      reason: 'advertisement-interfaces',
      message: 'with a ConfigMap a pool answers on every interface, not on some',
      hint: 'take interfaces out of the L2Advertisement',
    },
  ];
}

function nodeLoss(
  verb: string,
  { nodeSelectors = [] }: Resources['BGPAdvertisement'][number]['spec'],
): Loss[] {
  const isEvery = nodeSelectors.some(({ matchLabels = {}, matchExpressions = [] }) => {
    return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
  });
  if (nodeSelectors.length === 0 || isEvery) return [];
  return [
    {
      path: 'spec.nodeSelectors',
      reason: 'advertisement-node-selector',
      message: `with a ConfigMap a pool ${verb} from every node, not from some`,
      hint: 'take nodeSelectors out of the advertisement; a BGPPeer may keep its own',
    },
  ];
}

function peersLoss({ peers = [] }: Resources['BGPAdvertisement'][number]['spec']): Loss[] {
  if (peers.length === 0) return [];
  return [
    {
      path: 'spec.peers',
      reason: 'advertisement-peers',
      message: 'with a ConfigMap a pool is announced to every peer, not to some',
      hint: 'take peers out of the BGPAdvertisement',
    },
  ];
}

/** Also where an alias stands for one. */
function largeCommunities(
  resources: Resources,
  coverage: Interpretation['coverage'],
): readonly ResourceProblem[] {
  const large = new Set(largeAliases(resources));
  const find = (communities: readonly string[] = [], path: string): readonly Loss[] =>
    communities.flatMap((text, index) => {
      if (!isLarge(text) && !large.has(text)) return [];
      const at = `${path}.communities[${index}]`;
      const message = `"${text}" is a large community: a ConfigMap has those of two 16-bit numbers only`;
      return [{ path: at, reason: 'large-community', message, hint: 'use a community a:b' }];
    });
  return [
    ...resources.BGPAdvertisement.flatMap(({ name, spec, place }) => {
      if (coverage.BGPAdvertisement.get(name)?.length === 0) return [];
      return placed(find(spec.communities, 'spec'), place.object);
    }),
    ...resources.AddressPool.flatMap(({ spec, place }) =>
      (spec.bgpAdvertisements ?? []).flatMap(({ communities }, index) =>
        placed(find(communities, `spec.bgpAdvertisements[${index}]`), place.object),
      ),
    ),
  ];
}

/** Names of communities that a ConfigMap cannot define. */
export function largeAliases({ Community }: Resources): readonly string[] {
  return Community.flatMap(({ spec }) =>
    (spec.communities ?? []).flatMap(({ name = '', value = '' }) => (isLarge(value) ? [name] : [])),
  );
}

function isLarge(community: string): boolean {
  return community.startsWith('large:');
}

function peerLosses(
  { BGPPeer }: Resources,
  config: Config,
  passwords: PasswordUse,
): readonly ResourceProblem[] {
  const peers = new Map(config.peers.map((peer) => [peer.name, peer]));
  return BGPPeer.flatMap(({ name, spec, place }) => {
    const losses: Loss[] = [];
    if ((spec.vrf ?? '') !== '') {
      losses.push({
        path: 'spec.vrf',
        reason: 'vrf',
        message: `peer ${name} is reached through a VRF, which a ConfigMap has no key for`,
        hint: 'take vrf out, or leave the peer out',
      });
    }
    const isSecret = spec.passwordSecret?.name !== undefined;
    const isAllowed = passwords === 'exposed' || (passwords === 'kept' && !isSecret);
    if (peers.get(name)?.password !== undefined && !isAllowed) {
      losses.push({
        path: isSecret ? 'spec.passwordSecret' : 'spec.password',
        reason: 'secret-exposed',
        message: `the password of peer ${name} would be readable in the ConfigMap`,
        hint: 'allow it with --show-secrets',
      });
    }
    return placed(losses, place.object);
  });
}
