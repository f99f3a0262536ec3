import type { IpAddress } from '../../net/index.ts';
import type { Account, Ledger } from './ledger.ts';

/** Addresses that are answered for until somebody else is heard speaking for them. Times in milliseconds. */
export class HandOvers {
  readonly #ledger: Ledger;
  readonly #over: (address: IpAddress) => void;
  readonly #deadlines = new Map<Account, number>();
  #next = Infinity;

  /** @param over - called when one ended, after its address left the ledger */
  constructor(ledger: Ledger, over: (address: IpAddress) => void) {
    this.#ledger = ledger;
    this.#over = over;
  }

  /** When {@link tick} is to be called. */
  get next(): number {
    return this.#next;
  }

  /** Whether there is anything to hand over; if not, it is over at once. */
  begin(address: IpAddress, within: number, now: number): boolean {
    const account = this.#ledger.handOver(address);
    if (account === undefined) {
      this.#over(address);
      return false;
    }
    this.#deadlines.set(account, now + within);
    this.#next = Math.min(this.#next, now + within);
    return true;
  }

  /** Another station spoke for the address: if it is being handed over, that is done. */
  end(account: Account): void {
    if (!this.#deadlines.delete(account)) return;
    // Owned again meanwhile, or gone.
    if (account.standing !== 'handingOver' || !account.answers) return;
    this.#ledger.disown(account.address);
    this.#over(account.address);
  }

  tick(now: number): void {
    if (now < this.#next) return;
    for (const [account, deadline] of this.#deadlines) if (deadline <= now) this.end(account);
    this.#next = Infinity;
    for (const deadline of this.#deadlines.values()) this.#next = Math.min(this.#next, deadline);
  }
}
