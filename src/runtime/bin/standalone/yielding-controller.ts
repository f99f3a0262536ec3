import type { ServiceController } from '../../controller/index.ts';
import type { Acceptance, Config, ConfigConsumer, ServiceView } from '../../model/index.ts';
import type { ServiceListener } from '../../standalone/index.ts';

/**
 * A controller for a host of one's own. The original refuses pools that strand an address in use until it is
 * restarted (legacy.md §3.11); here an edit does what that restart would do, and the Services concerned get other
 * addresses. Only a configuration that has no address to give is still refused, since it could help nobody.
 */
export class YieldingController implements ConfigConsumer, ServiceListener {
  readonly #make: () => ServiceController;
  readonly #remark: (text: string) => void;
  readonly #views = new Map<string, ServiceView>();
  #controller: ServiceController;
  #synced = false;

  constructor(make: () => ServiceController, remark: (text: string) => void) {
    this.#make = make;
    this.#remark = remark;
    this.#controller = make();
  }

  changed(key: string, view: ServiceView | undefined): void {
    if (view === undefined) this.#views.delete(key);
    else this.#views.set(key, view);
    this.#controller.changed(key, view);
  }

  synced(): void {
    this.#synced = true;
    this.#controller.synced();
  }

  apply(config: Config): Acceptance {
    const acceptance = this.#controller.apply(config);
    const canGive = config.pools.some(({ autoAssign }) => autoAssign);
    if (acceptance.kind === 'accepted' || !canGive) return acceptance;
    this.#remark(`${acceptance.reason}: it gets another address`);
    void this.#controller.stop();
    this.#controller = this.#make();
    for (const [key, view] of this.#views) this.#controller.changed(key, view);
    const afresh = this.#controller.apply(config);
    if (this.#synced) this.#controller.synced();
    return afresh;
  }

  stop(): Promise<void> {
    return this.#controller.stop();
  }
}
