import type { Service } from 'kubernetes-types/core/v1.d.ts';
import type { ApiClient } from '../../cluster/api-client.ts';
import { addressesOf } from '../../cluster/index.ts';

interface Account {
  readonly name: string;
  readonly born: number;
  address: string | undefined;
}

interface WatchEvent {
  readonly type: string;
  readonly object: Service;
}

const SERVICES = '/api/v1/services';

/**
 * Keeps the books of addresses from a watch of all Services: every change that the API server ever accepted is looked
 * at, in its order, so that nothing wrong goes by unseen between two looks.
 */
export class Ledger {
  /** What must never happen, in words; at most a hundred. */
  readonly wrongs: string[] = [];
  readonly #live = new Map<string, Account>();
  readonly #holders = new Map<string, string>();
  readonly #waits: number[] = [];
  readonly #owns: (address: string) => boolean;
  #created = 0;
  #deleted = 0;
  #written = 0;
  #unserved = 0;
  #close: (() => void) | undefined;

  /** @param owns - whether an address is one of the pool */
  private constructor(owns: (address: string) => boolean) {
    this.#owns = owns;
  }

  static async open(
    admin: Pick<ApiClient, 'watch'>,
    owns: (address: string) => boolean,
  ): Promise<Ledger> {
    const ledger = new Ledger(owns);
    ledger.#close = await admin.watch(
      SERVICES,
      (line) => ledger.#take(JSON.parse(line) as WatchEvent),
      () => {
        if (ledger.#close !== undefined) ledger.#wrong('the watch ended, the books are not whole');
      },
    );
    return ledger;
  }

  get figures(): {
    readonly created: number;
    readonly deleted: number;
    /** How often an address came into a status or left it. */
    readonly written: number;
    /** Services that were deleted before they had an address. */
    readonly unserved: number;
    /** Milliseconds from creation to the address. */
    readonly waits: readonly number[];
  } {
    return {
      created: this.#created,
      deleted: this.#deleted,
      written: this.#written,
      unserved: this.#unserved,
      waits: [...this.#waits].sort((a, b) => a - b),
    };
  }

  /** The names of Services that have an address now. */
  get served(): string[] {
    return this.#named((account) => account.address !== undefined);
  }

  /** The names of Services that wait for an address. */
  get waiting(): string[] {
    return this.#named((account) => account.address === undefined);
  }

  /** The addresses that are held now. */
  get held(): string[] {
    return [...this.#holders.keys()];
  }

  close(): void {
    const close = this.#close;
    this.#close = undefined;
    close?.();
  }

  #named(wanted: (account: Account) => boolean): string[] {
    return [...this.#live.values()].filter(wanted).map(({ name }) => name);
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      this.#wrong(`the watch says ${JSON.stringify(object)}`);
    } else if (object.spec?.type === 'LoadBalancer') {
      const { uid = '', name = '' } = object.metadata ?? {};
      if (type === 'DELETED') this.#bury(uid);
      else this.#look(uid, this.#live.get(uid) ?? this.#enter(uid, name), addressesOf(object));
    }
  }

  #look(uid: string, account: Account, [address, ...more]: readonly string[]): void {
    if (more.length > 0) this.#wrong(`${account.name} has ${more.length + 1} addresses`);
    if (address === account.address) return;
    this.#written += 1;
    if (account.address === undefined) this.#give(uid, account, address ?? '');
    else this.#wrong(`${account.name} had ${account.address} and then ${address ?? 'none'}`);
  }

  #enter(uid: string, name: string): Account {
    const account: Account = { name, born: Date.now(), address: undefined };
    this.#created += 1;
    this.#live.set(uid, account);
    return account;
  }

  #give(uid: string, account: Account, address: string): void {
    const holder = this.#holders.get(address);
    if (holder !== undefined) {
      const name = this.#live.get(holder)?.name ?? '';
      this.#wrong(`${account.name} got ${address}, which ${name} has`);
    }
    if (!this.#owns(address)) this.#wrong(`${account.name} got ${address}, which is of no pool`);
    account.address = address;
    this.#holders.set(address, uid);
    this.#waits.push(Date.now() - account.born);
  }

  #bury(uid: string): void {
    const account = this.#live.get(uid);
    if (account === undefined) return;
    this.#deleted += 1;
    this.#live.delete(uid);
    if (account.address === undefined) this.#unserved += 1;
    else if (this.#holders.get(account.address) === uid) this.#holders.delete(account.address);
  }

  #wrong(what: string): void {
    if (this.wrongs.length < 100) this.wrongs.push(what);
  }
}
