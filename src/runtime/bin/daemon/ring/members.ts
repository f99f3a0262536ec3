import {
  Keyring,
  type MemberEvent,
  Memberlist,
  type RingObserver,
  SocketTransport,
  deriveKey,
} from '../../../gossip/index.ts';
import type { HttpApiClient } from '../../../kube/index.ts';
import type { Announcer } from '../../../layer2/index.ts';
import type { MemberEventObserver } from '../../../metrics/index.ts';
import type { EventSink } from '../../../model/index.ts';
import { type IpAddress, type MacAddress, UNSPECIFIED, parseIp } from '../../../net/index.ts';
import type { Duration, Link, Task } from '../../../platform/ports.ts';
import {
  type IsolationObserver,
  MemberDiscovery,
  type Members,
  Membership,
  type Stations,
} from '../../../speaker/index.ts';
import type { MemberlistFlags } from '../../flags/index.ts';
import type { Ground } from '../cluster.ts';
import { KeyFile } from './keys.ts';
import { podLister, podNameIn } from './pods.ts';

export interface MembersPlan {
  readonly node: string;
  readonly namespace: string;
  readonly memberlist: MemberlistFlags;
  readonly keyBytes: 16 | 32;
}

export interface RingMetrics {
  readonly ring: RingObserver;
  readonly events: MemberEventObserver;
  readonly isolation: IsolationObserver;
}

interface Surroundings extends Ground {
  readonly client: HttpApiClient;
  readonly events: EventSink;
  readonly announcer: Announcer;
  readonly stations: Stations;
  /** Called when a ring is there to be counted. */
  readonly ringMetrics: () => RingMetrics;
}

/** Who hears of the members. */
export interface MembersListener {
  changed(members: Members): void;
  joined(): void;
}

/** Where the speaker learns who its siblings are. */
export interface MemberSource {
  /** Taking part in the ring, which must outlast the speaker. */
  readonly ring: readonly Task[];
  readonly watching: readonly Task[];
  /** The own Node was told of, changed or not. */
  nodeChanged(): void;
  /** The speaker can announce. */
  able(): void;
  /** Takes no part any more. */
  leave(): Promise<void>;
}

/** The ring, or without its flags the speaker Pods. legacy.md §7.1 */
export function findMembers(
  plan: MembersPlan,
  around: Surroundings,
  listener: MembersListener,
): MemberSource {
  const { bindAddress, labels } = plan.memberlist;
  const address = parseIp(bindAddress);
  if (address !== undefined && labels !== '') return ringSource(plan, address, around, listener);
  const msg =
    'not starting fast dead node detection (memberlist), need ml-bindaddr / ml-labels config';
  around.logger.info({ op: 'startup', msg });
  return podSource(plan, around, listener);
}

function podSource(
  { node, namespace, memberlist }: MembersPlan,
  { client, clock, random, logger, stations }: Surroundings,
  listener: MembersListener,
): MemberSource {
  const pods = podLister(client, namespace);
  const self = { node, podSelector: memberlist.labels, ...podNameIn(process.env) };
  const changed = (members: Members): void => {
    if (members.kind === 'known') stations.nodesAre(members.nodes);
    listener.changed(members);
  };
  const listed: Stations['podsAre'] = (found) => stations.podsAre(found);
  const discovery = new MemberDiscovery({ pods, clock, random, logger, listed, changed }, self);
  return {
    ring: [],
    watching: [discovery],
    nodeChanged: () => discovery.trigger(),
    able: () => undefined,
    leave: () => Promise.resolve(),
  };
}

function ringSource(
  plan: MembersPlan,
  address: IpAddress,
  around: Surroundings,
  listener: MembersListener,
): MemberSource {
  const { memberlist } = plan;
  const { announcer } = around;
  const metrics = around.ringMetrics();
  let links: readonly Link[] | undefined;
  let isAble = false;
  const rings = ringMaker(plan, address, { ...around, metrics: metrics.ring });
  const heard = (event: MemberEvent): void => {
    metrics.events.event(event.type);
    membership.memberEvent(event);
  };
  const membership = new Membership(
    {
      ...around,
      answering: announcer,
      makeRing: () => rings.make(macsOf(links ?? []), heard),
      pods: podLister(around.client, plan.namespace),
      observer: metrics.isolation,
      changed: (members) => listener.changed(members),
      joined: () => listener.joined(),
    },
    {
      ...{ node: plan.node, address, port: memberlist.bindPort, podSelector: memberlist.labels },
      withdrawsInMinority: memberlist.minority === 'withdraw',
      isFast: memberlist.failover === 'fast',
    },
  );
  // Others know this speaker's frames by its links, so these come first.
  const begin = (): void => {
    if (isAble && links !== undefined) membership.begin();
  };
  announcer.watchLinks((found) => {
    links = found;
    membership.linksChanged(found);
    begin();
  });
  const limit = (): Duration => membership.pauseLimit;
  announcer.watchPauses(limit, () => membership.stoodStill());
  const able = (): void => {
    isAble = true;
    begin();
  };
  const nodeChanged = (): void => membership.nodeChanged();
  const leave = (): Promise<void> => membership.leave();
  return { ring: [membership, ...rings.tasks], watching: [], nodeChanged, able, leave };
}

interface RingMaker {
  make(macs: readonly MacAddress[], heard: (event: MemberEvent) => void): Memberlist;
  /** What keeps its keys up to date. */
  readonly tasks: readonly Task[];
}

function ringMaker(
  plan: MembersPlan,
  bindAddress: IpAddress,
  { clock, random, logger, metrics }: Ground & { readonly metrics: RingObserver },
): RingMaker {
  const { bindPort, label, failover } = plan.memberlist;
  let ring: Memberlist | undefined;
  const keys = keysOf(plan, { clock, random, logger }, (keyring) => ring?.useKeys(keyring));
  const make: RingMaker['make'] = (macs, changed) => {
    const transport = new SocketTransport(clock);
    const features = { fast: failover === 'fast', macs };
    const where = { node: plan.node, bindAddress, bindPort };
    ring = new Memberlist(
      { transport, clock, random, logger, observer: metrics, changed },
      { ...where, keys: keys.first(), label, features },
    );
    return ring;
  };
  return { make, tasks: keys.tasks };
}

/** The key to begin with, and what follows its changes. memberlist-wire.md §1.1 */
function keysOf(
  { memberlist, keyBytes: bytes }: MembersPlan,
  { clock, logger }: Ground,
  useKeys: (keys: Keyring) => void,
): { readonly first: () => Keyring | undefined; readonly tasks: readonly Task[] } {
  const { secretKey, secretKeyPath: path } = memberlist;
  if (secretKey.reveal() === '') {
    const msg = 'no ml-secret-key set, memberlist traffic will not be encrypted';
    logger.warn({ op: 'startup', msg });
    return { first: () => undefined, tasks: [] };
  }
  const first = (): Keyring => new Keyring([deriveKey(secretKey, bytes)]);
  if (path === undefined) return { first, tasks: [] };
  const file = new KeyFile({ clock, logger, useKeys }, { path, secret: secretKey, bytes });
  return { first: () => file.keys, tasks: [file] };
}

/** Of the links that frames of ours may leave by. */
function macsOf(links: readonly Link[]): readonly MacAddress[] {
  const usable = links.filter(({ up, noArp, mac }) => up && !noArp && mac !== UNSPECIFIED);
  return [...new Set(usable.map(({ mac }) => mac))];
}
