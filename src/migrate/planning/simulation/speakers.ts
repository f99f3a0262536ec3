import { type Config, type ServiceView, atLeast } from '../../../runtime/model/index.ts';
import type { IpAddress } from '../../../runtime/net/index.ts';
import {
  type Decision,
  type Facts,
  type Nodes,
  PoolIndex,
  type Protocol,
  decide,
  leaderFor,
} from '../../../runtime/speaker/index.ts';
import type { Layer2Outlook } from '../plan-report.ts';
import type { Situation } from './situation.ts';

/** What the speakers together do about one Service. */
export interface Announcement {
  /** Absent where the pool is not announced at layer 2. */
  readonly layer2?: Layer2Outlook;
  /** Nodes that announce it over BGP, ascending; absent where the pool is not announced so. */
  readonly bgp?: readonly string[];
  readonly addresses: readonly IpAddress[];
  readonly pool?: string;
  readonly remarks: readonly string[];
}

/** What every speaker sees alike. */
type Shared = Omit<Facts, 'self' | 'service' | 'endpoints'>;

const UNKNOWN = 'which nodes have a speaker, or which endpoints are ready, is not known';

/** The speakers of a cluster without time: each decides as it does on its node once everything has been told. */
export class SpeakerSimulation {
  readonly #situation: Situation;
  readonly #shared: Shared;

  constructor(config: Config, situation: Situation) {
    const { rules, speakers } = situation;
    this.#situation = situation;
    this.#shared = {
      compat: rules.compat,
      lbClass: rules.lbClass,
      ignoreExcludeLb: rules.ignoreExcludeLb,
      pools: new PoolIndex(config),
      nodes: nodesIn(situation),
      members: this.#silent
        ? { kind: 'unknown' }
        : { kind: 'known', nodes: new Set(speakers ?? []) },
    };
  }

  /** Who announces a Service, and what keeps the others from it. */
  announcementOf(service: ServiceView): Announcement {
    const { endpoints, speakers } = this.#situation;
    const known = endpoints !== undefined && speakers !== undefined;
    const facts = { ...this.#shared, service, endpoints: known ? endpoints.get(service.key) : [] };
    const leader = known ? leaderFor(facts) : undefined;
    const decision = this.#decisionOf(leader, facts);
    if (decision.kind !== 'serve') {
      return { addresses: [], remarks: hindrance(decision, known) };
    }
    const { addresses, pool, verdicts } = decision;
    const overLayer2 = verdicts.has('layer2');
    if (!known) {
      const layer2 = { interfaces: [], unknown: UNKNOWN };
      return { addresses, pool, remarks: [], ...(overLayer2 && { layer2 }) };
    }
    const layer2 = overLayer2 ? this.#answering(service, decision, leader) : undefined;
    const bgp = verdicts.has('bgp') ? this.#announcing(facts) : undefined;
    const remarks = silence({ layer2, bgp, pool }, facts);
    return { addresses, pool, remarks, ...(layer2 && { layer2 }), ...(bgp && { bgp }) };
  }

  get #silent(): boolean {
    return this.#situation.rules.silentAlone;
  }

  /** The leader's, else that of any speaker. */
  #decisionOf(leader: string | undefined, facts: Omit<Facts, 'self'>): Decision {
    return decide({ ...facts, self: leader ?? this.#situation.speakers?.[0] ?? '' });
  }

  /** @param decision - the leader's */
  #answering(
    { externalTrafficPolicy }: ServiceView,
    decision: Decision,
    leader: string | undefined,
  ): Layer2Outlook {
    const near = externalTrafficPolicy === 'Local' || !atLeast(this.#shared.compat, 'v0.11');
    const interfaces = interfacesIn(decision, 'layer2');
    const none = leader === undefined || interfaces === undefined || (this.#silent && !near);
    return none ? { interfaces: [] } : { node: leader, interfaces };
  }

  #announcing(facts: Omit<Facts, 'self'>): readonly string[] {
    const { speakers = [] } = this.#situation;
    return speakers.filter((self) => interfacesIn(decide({ ...facts, self }), 'bgp') !== undefined);
  }
}

function nodesIn({ nodes }: Situation): Nodes {
  return nodes === undefined
    ? { listing: 'unavailable', views: new Map() }
    : { listing: 'listed', views: nodes };
}

/** Where the node announces with the protocol, on which interfaces. */
function interfacesIn(decision: Decision, protocol: Protocol): readonly string[] | undefined {
  const verdict = decision.kind === 'serve' ? decision.verdicts.get(protocol) : undefined;
  return verdict?.kind === 'announce' ? verdict.interfaces : undefined;
}

/** Why nobody is to announce the Service at all. */
function hindrance(decision: Exclude<Decision, { kind: 'serve' }>, known: boolean): string[] {
  if (decision.kind === 'wait') {
    return ['who announces it turns on labels of nodes, which are not known'];
  }
  switch (decision.reason) {
    case 'noIPAllocated':
      return [];
    case 'serviceDeleted':
      return known ? ['nobody announces it: it has no endpoints'] : [];
    case 'ipNotAllowed':
      return ['nobody announces it: its addresses are in no pool'];
    default:
      return [`nobody announces it: ${decision.error ?? decision.reason}`];
  }
}

interface Silence {
  readonly layer2: Layer2Outlook | undefined;
  readonly bgp: readonly string[] | undefined;
  readonly pool: string;
}

/** Why a protocol of the pool leads to no announcement. */
function silence({ layer2, bgp, pool }: Silence, facts: Omit<Facts, 'self'>): readonly string[] {
  if (layer2 === undefined && bgp === undefined) {
    return [`nobody announces it: no advertisement is for pool ${JSON.stringify(pool)}`];
  }
  const mute = [
    ...(layer2 !== undefined && layer2.node === undefined ? ['at layer 2'] : []),
    ...(bgp?.length === 0 ? ['over BGP'] : []),
  ];
  return mute.length === 0 ? [] : [`nobody announces it ${mute.join(' or ')}: ${whyNone(facts)}`];
}

function whyNone({ endpoints = [], members }: Omit<Facts, 'self'>): string {
  if (!endpoints.some(({ ready }) => ready)) return 'no endpoint is ready';
  if (members.kind === 'known' && members.nodes.size === 0) return 'no speaker runs';
  return 'no node with a speaker qualifies';
}
