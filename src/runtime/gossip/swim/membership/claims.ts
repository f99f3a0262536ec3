import { META_LIMIT } from '../../features.ts';
import type {
  Accusation,
  Alive,
  Claim,
  Endpoint,
  MemberRecord,
  Versions,
} from '../../protocol/message.ts';
import { type Ring, U32_MAX } from '../ring.ts';
import { introduce, introduceSelf } from './introduce.ts';
import { Suspicion, suspicionWindow } from './suspicion.ts';
import { type Entry, counts, sameEndpoint } from './table.ts';
import { areWrong, whyIncompatible } from './versions.ts';

/** Characters of a name, at most: Kubernetes node names have 253. */
const NAME_LIMIT = 255;

/** Who is told that a member counts no more, or counts again. */
export interface LossListener {
  /** @param announced - it said so itself */
  lost(entry: Entry, announced: boolean): void;
  /** @param from - who said so, where that is known */
  found(entry: Entry, from: Endpoint | undefined): void;
}

/** What is claimed of members, and what follows from it. memberlist-wire.md §11 */
export class Claims {
  readonly #ring: Ring;
  readonly #losses: LossListener;
  #saidFull = false;
  /** Accusations are easily made up. */
  #nextMeeting = 0;

  constructor(ring: Ring, losses: LossListener) {
    this.#ring = ring;
    this.#losses = losses;
  }

  /** @param from - who says so, if another does: hears at once if that is refuted */
  receive(claim: Claim, from?: Endpoint): void {
    if (claim.node.length === 0 || claim.node.length > NAME_LIMIT) return;
    switch (claim.type) {
      case 'alive': {
        this.#alive(claim, from);
        return;
      }
      case 'suspect': {
        this.#suspect(claim, from);
        return;
      }
      case 'dead': {
        this.#dead(claim, from);
        return;
      }
      default:
        return claim satisfies never;
    }
  }

  /**
   * Takes over the other side's states: what it calls dead is only suspected here. memberlist-wire.md §11.5
   *
   * @returns why nothing was taken over, if nothing was
   */
  merge(records: readonly MemberRecord[], from: Endpoint): string | undefined {
    const objection = whyIncompatible(records, this.#ring.table.entries());
    if (objection !== undefined) return objection;
    const { incarnation } = this.#ring.self;
    const before = this.#ring.table.members();
    for (const record of records) this.receive(this.#claimOf(record));
    introduce(this.#ring, before);
    if (this.#ring.self.incarnation !== incarnation) {
      const accuser = this.#accuserAmong(records, from);
      this.#tell(accuser);
      introduceSelf(this.#ring, accuser);
    }
    return undefined;
  }

  /** Gives every suspect member time, at least until then, to be heard again. */
  deferVerdicts(until: number): void {
    for (const entry of this.#ring.table.entries()) {
      if (entry.suspicion === undefined) continue;
      entry.suspicion.of.defer(until as Suspicion['due']);
      this.#schedule(entry);
    }
  }

  #claimOf(record: MemberRecord): Claim {
    const { node, incarnation, state } = record;
    switch (state) {
      case 'alive': {
        const { endpoint, meta, versions } = record;
        return { type: 'alive', incarnation, node, endpoint, meta, versions };
      }
      case 'left':
        return { type: 'dead', incarnation, node, from: node };
      case 'suspect':
      case 'dead':
        return { type: 'suspect', incarnation, node, from: this.#ring.self.node };
      default:
        return state satisfies never;
    }
  }

  /** The one that merged knows itself by the port it listens on, not by that of its connection. */
  #accuserAmong(records: readonly MemberRecord[], from: Endpoint): Endpoint | undefined {
    const others = records.filter(({ node }) => node !== this.#ring.self.node);
    const same = others.find(({ endpoint }) => sameEndpoint(endpoint, from));
    const near = others.find(({ endpoint }) => endpoint.address === from.address);
    return (same ?? near)?.endpoint;
  }

  #tell(to: Endpoint | undefined): void {
    if (to === undefined || sameEndpoint(to, this.#ring.self.endpoint)) return;
    const messages = [this.#ring.ownClaim];
    this.#ring.emit({ type: 'send', to, messages, checksum: false });
  }

  #alive(said: Alive, from?: Endpoint): void {
    const { table, self } = this.#ring;
    const known = table.get(said.node);
    const claim = said.endpoint.port === 0 ? withPort(said, self.endpoint.port) : said;
    const moved = known !== undefined && !sameEndpoint(known.endpoint, claim.endpoint);
    if (!moved && this.#isOld(claim, known)) return;
    if (claim.meta.length > META_LIMIT || this.#hasWrongVersions(claim)) return;
    if (known === undefined) this.#meet(claim);
    else if (known === self) this.#aliveSelf(claim, from);
    else if (moved) this.#aliveElsewhere(known, claim);
    else this.#accept(known, claim, from);
  }

  /** Most claims are old news, which is to cost little. */
  #isOld({ incarnation }: Alive, known: Entry | undefined): boolean {
    const { self } = this.#ring;
    return incarnation < (known === self ? self.incarnation : (known?.incarnation ?? 0) + 1);
  }

  #meet(claim: Alive): void {
    if (this.#isFull()) return;
    const { table, now } = this.#ring;
    this.#accept(table.insert(claim.node, claim.endpoint, now), claim);
  }

  #aliveElsewhere(known: Entry, claim: Alive): void {
    if (this.#mayMove(known)) this.#move(known, claim);
    else this.#complain(known, claim.endpoint);
  }

  #aliveSelf(claim: Alive, from?: Endpoint): void {
    const { self, leaving } = this.#ring;
    if (leaving) return;
    if (!sameEndpoint(self.endpoint, claim.endpoint)) {
      this.#complain(self, claim.endpoint);
      return;
    }
    if (claim.incarnation < self.incarnation) return;
    const same = sameOctets(claim.meta, self.meta) && sameOctets(claim.versions, self.versions);
    if (claim.incarnation === self.incarnation && same) return;
    const { address, port } = claim.endpoint;
    const text = `Refuting an alive message for '${claim.node}' (${address}:${port})`;
    this.#ring.complain('warn', 'refuted alive', text);
    this.#refute(claim.incarnation, from);
  }

  #hasWrongVersions({ node, endpoint, versions }: Alive): boolean {
    if (!areWrong(versions)) return false;
    const [min = 0, max = 0, current = 0] = versions;
    this.#ring.complain(
      'warn',
      'versions',
      `Ignoring an alive message for '${node}' (${endpoint.address}:${endpoint.port}) because protocol version(s) are wrong: ${min} <= ${current} <= ${max} should be >0`,
    );
    return true;
  }

  #isFull(): boolean {
    const { full } = this.#ring.table;
    if (full && !this.#saidFull) {
      this.#saidFull = true;
      this.#ring.log(
        'error',
        `Too many members: those beyond ${this.#ring.table.size} are ignored`,
      );
    }
    return full;
  }

  #mayMove(entry: Entry): boolean {
    const { deadNodeReclaim } = this.#ring.timing;
    if (entry.state === 'left') return true;
    const deadFor = this.#ring.now - entry.changedAt;
    return entry.state === 'dead' && deadNodeReclaim > 0 && deadFor > deadNodeReclaim;
  }

  #move(entry: Entry, claim: Alive): void {
    const [old, next] = [entry.endpoint, claim.endpoint];
    this.#ring.complain(
      'info',
      'moved',
      `Updating address for left or failed node ${entry.node} from ${old.address}:${old.port} to ${next.address}:${next.port}`,
    );
    this.#accept(entry, claim);
  }

  /** Once for each new address: the message comes again with every gossip. */
  #complain(entry: Entry, theirs: Endpoint): void {
    const address = `${theirs.address}:${theirs.port}`;
    if (entry.conflict === address) return;
    entry.conflict = address;
    const mine = `${entry.endpoint.address}:${entry.endpoint.port}`;
    const state = { alive: 0, suspect: 1, dead: 2, left: 3 }[entry.state];
    this.#ring.complain(
      'error',
      'conflict',
      `Conflicting address for ${entry.node}. Mine: ${mine} Theirs: ${address} Old state: ${state}`,
    );
  }

  #accept(entry: Entry, claim: Alive, from?: Endpoint): void {
    const { table, now } = this.#ring;
    calm(entry);
    const returns = !counts(entry);
    const changes = !sameOctets(entry.meta, claim.meta);
    this.#ring.broadcast(claim);
    table.describe(entry, claim);
    if (entry.state !== 'alive') table.turn(entry, 'alive', now);
    entry.conflict = undefined;
    const { node, endpoint } = entry;
    if (returns) this.#losses.found(entry, from);
    if (!returns && !changes) return;
    this.#ring.emit({
      type: 'event',
      event: { type: returns ? 'join' : 'update', node, endpoint },
    });
  }

  #suspect(claim: Accusation, from?: Endpoint): void {
    const { table, self, now } = this.#ring;
    const entry = table.get(claim.node);
    if (entry === undefined || claim.incarnation < entry.incarnation) return;
    if (entry.suspicion !== undefined) {
      if (entry.suspicion.of.confirm(claim.from)) {
        this.#schedule(entry);
        this.#ring.broadcast(claim);
      }
      return;
    }
    if (entry.state !== 'alive') return;
    if (entry === self) {
      this.#ring.complain(
        'warn',
        'refuted suspect',
        `Refuting a suspect message (from: ${claim.from})`,
      );
      this.#refute(claim.incarnation, from);
      return;
    }
    this.#ring.broadcast(claim);
    table.renew(entry, claim.incarnation);
    table.turn(entry, 'suspect', now);
    const window = suspicionWindow(table.size, this.#ring.timing);
    entry.suspicion = { of: new Suspicion(window, claim.from, now), timer: NEVER };
    this.#schedule(entry);
  }

  #schedule(entry: Entry): void {
    const { suspicion } = entry;
    if (suspicion === undefined) return;
    suspicion.timer.cancel();
    suspicion.timer = this.#ring.agenda.at(suspicion.of.due, () => this.#expire(entry));
  }

  #expire(entry: Entry): void {
    const { node, incarnation, suspicion } = entry;
    const confirmations = suspicion?.of.confirmations ?? 0;
    this.#ring.log(
      'info',
      `Marking ${node} as failed, suspect timeout reached (${confirmations} peer confirmations)`,
    );
    this.receive({ type: 'dead', incarnation, node, from: this.#ring.self.node });
  }

  #dead(claim: Accusation, from?: Endpoint): void {
    const { table, self, now } = this.#ring;
    const entry = table.get(claim.node);
    if (entry === undefined || claim.incarnation < entry.incarnation) return;
    calm(entry);
    const announced = claim.node === claim.from;
    if (!counts(entry)) {
      // It was thought lost, and went by itself: nobody is to look for it.
      if (announced) this.#losses.lost(entry, announced);
      return;
    }
    if (entry === self) {
      this.#ring.complain('warn', 'refuted dead', `Refuting a dead message (from: ${claim.from})`);
      this.#refute(claim.incarnation, from);
      return;
    }
    this.#ring.broadcast(claim);
    table.renew(entry, claim.incarnation);
    table.turn(entry, announced ? 'left' : 'dead', now);
    this.#losses.lost(entry, announced);
    const { node, endpoint } = entry;
    this.#ring.emit({ type: 'event', event: { type: 'leave', node, endpoint, announced } });
  }

  /**
   * Says of this member, with an incarnation above the accused one, that it is alive. Above the greatest there is none;
   * that accusation ends once everybody has forgotten this member. memberlist-wire.md §11.4
   */
  #refute(accused: number, from?: Endpoint): void {
    const { table, self, awareness } = this.#ring;
    const least = accused < U32_MAX ? accused : 0;
    table.renew(self, Math.min(U32_MAX, Math.max(self.incarnation, least) + 1));
    awareness.change(1);
    this.#ring.broadcast(this.#ring.ownClaim);
    this.#tell(from);
    if (from !== undefined) this.#meetAccuser(from);
  }

  /**
   * Who accuses this member and is no member here remembers its former life. The others will find it again by what it
   * just told, and have no reason to exchange states: so this one does.
   */
  #meetAccuser(from: Endpoint): void {
    const { table, timing, now } = this.#ring;
    if (now < this.#nextMeeting) return;
    if (table.members().some(({ endpoint }) => sameEndpoint(endpoint, from))) return;
    this.#nextMeeting = now + timing.reconnectInterval;
    this.#ring.emit({ type: 'exchange', with: from, node: '', join: true });
  }
}

const NEVER = { due: Infinity as Suspicion['due'], cancel: (): undefined => undefined };

/** No port is the port that everybody listens on. memberlist-wire.md §4.1 */
const withPort = (claim: Alive, port: number): Alive => ({
  ...claim,
  endpoint: { address: claim.endpoint.address, port },
});

/** Ends being suspect: the verdict is out, or not needed. */
function calm(entry: Entry): void {
  entry.suspicion?.timer.cancel();
  entry.suspicion = undefined;
}

function sameOctets(left: Uint8Array | Versions, right: Uint8Array | Versions): boolean {
  return left.length === right.length && left.every((octet, index) => octet === right[index]);
}
