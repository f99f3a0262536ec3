import type { Attributes } from '../../../src/runtime/bgp/attributes.ts';
import type { Agreed } from '../../../src/runtime/bgp/fsm/fsm.ts';
import type { Outlet } from '../../../src/runtime/bgp/peering/outlet.ts';
import {
  PeerSession as Session,
  type PeerSettings,
} from '../../../src/runtime/bgp/peering/peer-session.ts';
import { Turns } from '../../../src/runtime/bgp/peering/turns.ts';
import { AdjRibOut } from '../../../src/runtime/bgp/rib/adj-rib-out.ts';
import type { UpdateContext } from '../../../src/runtime/bgp/wire/update/write.ts';
import { encodeEndOfRib, encodeUpdates } from '../../../src/runtime/bgp/wire/update/write.ts';
import {
  type Family,
  type IpAddress,
  ipToBits,
  parseIp,
  parsePrefix,
} from '../../../src/runtime/net/index.ts';
import { SystemClock, SystemRandom, TcpDialer } from '../../../src/runtime/platform/index.ts';
import { RecordingLogger } from '../recording-logger.ts';

/** With defaults of an eBGP session. */
export interface SpeakerSettings {
  readonly localAsn: number;
  readonly peerAsn: number;
  readonly target: Partial<Omit<PeerSettings['target'], 'address'>> & { readonly address: string };
  readonly holdTime?: number;
  readonly capabilities?: PeerSettings['capabilities'];
  readonly routerId?: string;
  /** Next hops of the family that the session does not run over. */
  readonly node?: Readonly<Partial<Record<Family, string>>>;
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** One session of the product's own parts, in the test's process: state machine, codec, table and sockets. */
export class TestSpeaker {
  readonly logger: RecordingLogger = new RecordingLogger();
  readonly session: Session;
  /** UPDATE messages. */
  sent = 0;
  /** UPDATE messages. */
  received = 0;
  /** What the peer says of graceful restart, once a session is up. */
  peerRestart: Agreed['peerRestart'];
  readonly #rib = new AdjRibOut();

  constructor(settings: SpeakerSettings) {
    const { localAsn, peerAsn, target, node = {} } = settings;
    this.session = new Session(
      {
        localAsn,
        peerAsn,
        holdTime: settings.holdTime ?? 90,
        keepaliveTime: undefined,
        capabilities: settings.capabilities ?? [
          { kind: 'multiprotocol', afi: 1, safi: 1, family: 'ipv4' },
          { kind: 'multiprotocol', afi: 2, safi: 1, family: 'ipv6' },
        ],
        target: { port: 179, ...target, address: addressOf(target.address) },
      },
      {
        dialer: new TcpDialer(new SystemClock()),
        clock: new SystemClock(),
        turns: new Turns(new SystemClock()),
        random: new SystemRandom(),
        logger: this.logger,
        observer: {
          state: () => {},
          up: ({ peerRestart }) => (this.peerRestart = peerRestart),
          down: () => {},
          messageSent: (type) => (this.sent += type === 'update' ? 1 : 0),
          messageReceived: (type) => (this.received += type === 'update' ? 1 : 0),
          malformedUpdate: () => {},
          retrySuppressed: () => {},
        },
        outlet: outletOf(this.#rib, {
          internal: localAsn === peerAsn,
          node: Object.fromEntries(
            Object.entries(node).map(([family, text]) => [family, addressOf(text)]),
          ),
        }),
        routerId: () => Number(ipToBits(addressOf(settings.routerId ?? '192.0.2.1'))),
      },
    );
    this.session.start();
  }

  /** Why there is no session. */
  get lastError(): string | undefined {
    return this.session.lastError?.text;
  }

  /** The peer is to have these, with these attributes; without attributes, to have them no more. */
  announce(prefixes: readonly string[], attributes: Attributes | undefined): void {
    for (const text of prefixes) this.#rib.desire(parsePrefix(text)!, attributes);
    this.session.pull();
  }

  stop(reason?: string): void {
    void this.session.stop({ subcode: 'administrativeShutdown', reason });
  }
}

function addressOf(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address;
}

function outletOf(
  rib: AdjRibOut,
  { internal, node }: { internal: boolean; node: UpdateContext['nextHops']['node'] },
): Outlet {
  let context: UpdateContext | undefined;
  return {
    established: (agreed: Agreed, session: IpAddress) => {
      const dialect = { asnOctets: agreed.asnOctets, internal };
      context = { dialect, nextHops: { session, node } };
      rib.established(FAMILIES.filter((family) => agreed.families[family]));
    },
    next: (limit) => {
      const outgoing = context === undefined ? undefined : rib.next(Math.floor(limit / 2));
      if (outgoing === undefined || context === undefined) return undefined;
      return outgoing.kind === 'endOfRib'
        ? encodeEndOfRib(outgoing.family)
        : new Uint8Array(Buffer.concat(encodeUpdates(outgoing.batch, context)));
    },
    refresh: (family) => rib.refresh(family),
    ended: () => {
      context = undefined;
      rib.lost();
    },
  };
}
