import type { Agreed, DownReason, SessionState } from '../../../src/runtime/bgp/fsm/fsm.ts';
import type { SessionObserver } from '../../../src/runtime/bgp/peering/observer.ts';
import type { Outlet } from '../../../src/runtime/bgp/peering/outlet.ts';
import { PeerSession, type PeerSettings } from '../../../src/runtime/bgp/peering/peer-session.ts';
import { Turns } from '../../../src/runtime/bgp/peering/turns.ts';
import type { Open } from '../../../src/runtime/bgp/wire/message.ts';
import { type Family, parseIp } from '../../../src/runtime/net/index.ts';
import { ManualClock } from '../manual-clock.ts';
import { RecordingLogger } from '../recording-logger.ts';
import { SeededRandom } from '../seeded-random.ts';
import { FakeDialer } from './fake-dialer.ts';

/** What the router at 192.0.2.9 says first. */
export const PEER_OPEN: Open = {
  type: 'open',
  asn: 64513,
  holdTime: 90,
  identifier: 0xc0_00_02_09,
  capabilities: [
    { kind: 'multiprotocol', afi: 1, safi: 1, family: 'ipv4' },
    { kind: 'fourOctetAsn', asn: 64513 },
  ],
};

/** Of a session with another AS. */
export const SETTINGS: PeerSettings = {
  localAsn: 64512,
  peerAsn: 64513,
  holdTime: 90,
  keepaliveTime: undefined,
  capabilities: [
    { kind: 'multiprotocol', afi: 1, safi: 1, family: 'ipv4' },
    { kind: 'multiprotocol', afi: 2, safi: 1, family: 'ipv6' },
  ],
  target: { address: parseIp('192.0.2.9')!, port: 179 },
};

/** A session, the peer it calls, and all who hear of it. */
export class PeeringScene {
  readonly clock: ManualClock = new ManualClock();
  readonly dialer: FakeDialer = new FakeDialer();
  readonly logger: RecordingLogger = new RecordingLogger();
  readonly outlet: StockedOutlet = new StockedOutlet();
  readonly heard: Heard = new Heard();
  readonly session: PeerSession;

  constructor(settings: Partial<PeerSettings> = {}) {
    this.session = new PeerSession(
      { ...SETTINGS, ...settings },
      {
        dialer: this.dialer,
        clock: this.clock,
        turns: new Turns(this.clock),
        random: new SeededRandom(),
        logger: this.logger,
        observer: this.heard,
        outlet: this.outlet,
        routerId: () => 0x0a_01_02_03,
      },
    );
  }

  /** Starts the session and lets the peer take the call and agree. */
  establish(): void {
    this.session.start();
    this.greet();
  }

  /** Lets the peer take the latest call and agree. */
  greet(): void {
    this.dialer.line.accept();
    this.dialer.line.say(PEER_OPEN, { type: 'keepalive' });
  }
}

/** Routes enough, as octets. */
export class StockedOutlet implements Outlet {
  stock: Uint8Array[] = [];
  readonly told: string[] = [];

  established(agreed: Agreed, local: string): void {
    this.told.push(`established from ${local}, AS numbers of ${agreed.asnOctets} octets`);
  }

  next(limit: number): Uint8Array | undefined {
    const [first] = this.stock;
    return first !== undefined && first.length <= limit ? this.stock.shift() : undefined;
  }

  refresh(family: Family): void {
    this.told.push(`refresh ${family}`);
  }

  ended(reason: DownReason): void {
    this.told.push(`ended: ${reason.text}`);
  }
}

/** What a session tells of itself. */
export class Heard implements SessionObserver {
  readonly states: SessionState[] = [];
  readonly reasons: DownReason[] = [];
  /** Seconds. */
  readonly waits: number[] = [];
  updates = 0;
  /** UPDATE messages of the peer. */
  received = 0;
  malformed = 0;
  /** All messages, in their order. */
  readonly sent: string[] = [];
  isUp = false;

  state(state: SessionState): void {
    this.states.push(state);
  }

  up(): void {
    this.isUp = true;
  }

  down(reason: DownReason): void {
    this.isUp = false;
    this.reasons.push(reason);
  }

  messageSent(type: Parameters<SessionObserver['messageSent']>[0]): void {
    this.sent.push(type);
    if (type === 'update') this.updates += 1;
  }

  messageReceived(type: Parameters<SessionObserver['messageReceived']>[0]): void {
    if (type === 'update') this.received += 1;
  }

  malformedUpdate(): void {
    this.malformed += 1;
  }

  retrySuppressed(wait: number): void {
    this.waits.push(wait / 1000);
  }
}

/** An UPDATE so long that says nothing of sense; who sends it does not look. */
export function updateOf(length: number): Uint8Array {
  const octets = new Uint8Array(length).fill(0xff, 0, 16);
  octets.set([length >> 8, length & 255, 2], 16);
  return octets;
}
