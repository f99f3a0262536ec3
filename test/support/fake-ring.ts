import type { Member, MemberEvent } from '../../src/runtime/gossip/index.ts';
import { parseIp } from '../../src/runtime/net/index.ts';
import { type Duration, seconds } from '../../src/runtime/platform/ports.ts';
import type { JoinResult, Ring, RingTarget } from '../../src/runtime/speaker/index.ts';

/** A member that listens at the n-th documentation address. */
export function ringMember(node: string, n: number, changes: Partial<Member> = {}): Member {
  const endpoint = { address: parseIp(`192.0.2.${n}`)!, port: 7946 };
  return { node, endpoint, state: 'alive', incarnation: 1, features: undefined, ...changes };
}

/** A ring whose members a test sets. */
export class FakeRing implements Ring {
  readonly suspicionTime: Duration = seconds(4);
  lastHeard: Duration | undefined;
  present: Member[] = [ringMember('alpha', 1)];
  /** Who answers when asked to join; these become members. */
  willing: Member[] = [];
  /** The addresses of every attempt to join. */
  readonly attempts: string[][] = [];
  readonly expected: string[][] = [];
  phase: 'new' | 'running' | 'left' = 'new';
  /** Absent: the address can be had. */
  bindFault: Error | undefined;
  /** How long each target of an attempt could take. */
  readonly bounds: (Duration | undefined)[] = [];
  /** Resolves when an attempt to join has ended. */
  delay: (within: Duration | undefined) => Promise<void> = () => Promise.resolve();
  readonly #heard: (event: MemberEvent) => void;

  constructor(heard: (event: MemberEvent) => void) {
    this.#heard = heard;
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.bindFault !== undefined) throw this.bindFault;
    this.phase = 'running';
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.phase = 'left';
  }

  async join(targets: readonly RingTarget[], within?: Duration): Promise<JoinResult> {
    this.attempts.push(targets.map(({ endpoint }) => endpoint.address));
    this.bounds.push(within);
    await this.delay(within);
    const found = this.willing.filter((member) =>
      targets.some(({ endpoint }) => endpoint.address === member.endpoint.address),
    );
    for (const member of found) this.come(member);
    const expected = targets.length;
    if (found.length === expected) return { joined: expected, expected };
    return { joined: found.length, expected, error: 'connection refused' };
  }

  expect(targets: readonly RingTarget[]): void {
    this.expected.push(targets.map(({ endpoint }) => endpoint.address));
  }

  members(): readonly Member[] {
    return this.present;
  }

  come(member: Member): void {
    if (this.present.some(({ node }) => node === member.node)) return;
    this.present = [...this.present, member];
    this.#heard({ type: 'join', node: member.node, endpoint: member.endpoint });
  }

  lose(node: string): void {
    const lost = this.present.find((member) => member.node === node)!;
    this.present = this.present.filter((member) => member !== lost);
    this.#heard({ type: 'leave', node, endpoint: lost.endpoint });
  }

  update(member: Member): void {
    this.present = this.present.map((each) => (each.node === member.node ? member : each));
    this.#heard({ type: 'update', node: member.node, endpoint: member.endpoint });
  }
}
