import type { Session } from '../../src/runtime/bgp/index.ts';
import type { Agreed } from '../../src/runtime/bgp/fsm/fsm.ts';
import type { Outlet } from '../../src/runtime/bgp/peering/outlet.ts';
import type {
  Closing,
  OpenSession,
  SessionLink,
} from '../../src/runtime/bgp/speaker/node-sessions.ts';
import { decodeMessage } from '../../src/runtime/bgp/wire/decode.ts';
import type { ReceivedAttributes } from '../../src/runtime/bgp/wire/message.ts';
import { type Family, type IpAddress, familyOf } from '../../src/runtime/net/index.ts';
import { ip } from './views.ts';

/** This end, where nothing is said of it. */
const OWN = { ipv4: ip('192.0.2.10'), ipv6: ip('2001:db8:ff::10') } as const;

const BOTH_FAMILIES = ['ipv4', 'ipv6'] as const;

/** What two speakers with every capability agree on. */
export function agreedOn(families: readonly Family[] = BOTH_FAMILIES): Agreed {
  return {
    asnOctets: 4,
    holdTime: 90,
    identifier: 1,
    peerIdentifier: 2,
    families: { ipv4: families.includes('ipv4'), ipv6: families.includes('ipv6') },
    routeRefresh: true,
    peerRestart: {
      kind: 'gracefulRestart',
      restarted: false,
      notification: false,
      restartTime: 120,
      families: [],
    },
    gracefulNotification: false,
    peerCapabilities: [],
  };
}

/** A session without a connection: the peer at its other end reads what is pulled, and keeps the routes. */
export class FakeBgpSession implements SessionLink {
  session: Session;
  readonly outlet: Outlet;
  /** By prefix: next hop, path, preference and communities. */
  readonly routes: Map<string, string> = new Map();
  /** What was told since this was last emptied: `+prefix`, `-prefix`, `end family`, as one text for each message. */
  heard: string[] = [];
  closed: Closing | undefined;
  updates = 0;
  isUp = false;

  constructor(session: Session, outlet: Outlet) {
    this.session = session;
    this.outlet = outlet;
  }

  /** The session comes up, from this address of this end. */
  establish(
    families?: readonly Family[],
    local: IpAddress = OWN[familyOf(this.session.peer.address)],
  ): void {
    this.routes.clear();
    this.isUp = true;
    this.outlet.established(agreedOn(families), local);
    this.pull();
  }

  fail(): void {
    this.isUp = false;
    this.routes.clear();
    this.outlet.ended({ kind: 'connectionLost', text: 'cut' });
  }

  update(session: Session): void {
    this.session = session;
    this.updates += 1;
  }

  pull(): void {
    if (!this.isUp) return;
    for (let octets = this.outlet.next(16_384); octets; octets = this.outlet.next(16_384)) {
      for (let at = 0; at < octets.length;) {
        const length = new DataView(octets.buffer, octets.byteOffset).getUint16(at + 16);
        this.#hear(octets.subarray(at, at + length));
        at += length;
      }
    }
  }

  async close(closing: Closing): Promise<void> {
    this.closed = closing;
    this.isUp = false;
    return Promise.resolve();
  }

  #hear(frame: Uint8Array): void {
    const internal = this.session.kind === 'internal';
    const message = decodeMessage(frame, { asnOctets: 4, internal });
    if (message.type !== 'update' || message.faults.length > 0) {
      throw new Error(`no proper UPDATE: ${JSON.stringify(message)}`);
    }
    const { withdrawn, announced, attributes, endOfRib } = message;
    for (const { text } of withdrawn) this.routes.delete(text);
    for (const { text } of announced) this.routes.set(text, shown(attributes));
    const told = [
      ...withdrawn.map(({ text }) => `-${text}`),
      ...announced.map(({ text }) => `+${text}`),
    ];
    this.heard.push(endOfRib === undefined ? told.join(' ') : `end ${endOfRib}`);
  }
}

function shown(attributes: ReceivedAttributes | undefined): string {
  if (attributes === undefined) return 'nothing';
  const { nextHop, localPref, communities } = attributes;
  return [
    `via ${nextHop ?? 'nowhere'}`,
    ...(localPref === undefined ? [] : [`preference ${localPref}`]),
    ...communities,
  ].join(' ');
}

/** Opens sessions for a speaker, and shows them to a test. */
export class FakeBgpSessions {
  readonly all: FakeBgpSession[] = [];

  readonly open: OpenSession = (session, outlet) => {
    const one = new FakeBgpSession(session, outlet);
    this.all.push(one);
    return one;
  };

  /** The one with the peer of this name that is not closed. */
  to(peer: string): FakeBgpSession {
    const found = this.alive.find(({ session }) => session.peer.name === peer);
    if (found === undefined) throw new Error(`no session with ${peer}`);
    return found;
  }

  /** Names of the peers of sessions that are not closed. */
  get peers(): readonly string[] {
    return this.alive.map(({ session }) => session.peer.name);
  }

  get alive(): readonly FakeBgpSession[] {
    return this.all.filter(({ closed }) => closed === undefined);
  }
}
