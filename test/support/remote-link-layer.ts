import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LinkEvents, LinkLayer, ResponderKey } from '../../src/runtime/layer2/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import type { Duration, Link } from '../../src/runtime/platform/ports.ts';
import type { LayerCall, LayerEvent } from './link-layer-host.ts';

/** The LinkLayer of a program in a network namespace, as if it were here. */
export class RemoteLinkLayer implements LinkLayer {
  readonly #child: ChildProcess;
  readonly #reporting: (() => void)[] = [];
  readonly #ended: (() => void)[] = [];
  #events: LinkEvents | undefined;

  constructor(child: ChildProcess) {
    if (child.stdout === null) throw new Error('the program has no output');
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) =>
      this.#hear(JSON.parse(line) as LayerEvent),
    );
  }

  run(events: LinkEvents, signal: AbortSignal): Promise<void> {
    this.#events = events;
    this.#call('run');
    signal.addEventListener('abort', () => this.#call('stop'), { once: true });
    return new Promise((resolve) => this.#ended.push(resolve));
  }

  open(key: ResponderKey, link: Link): void {
    this.#call('open', key, link);
  }

  close(key: ResponderKey): void {
    this.#call('close', key);
  }

  own(address: IpAddress, interfaces?: readonly string[]): void {
    this.#call('own', address, ...(interfaces === undefined ? [] : [interfaces]));
  }

  disown(address: IpAddress): void {
    this.#call('disown', address);
  }

  watch(address: IpAddress, interfaces?: readonly string[]): void {
    this.#call('watch', address, ...(interfaces === undefined ? [] : [interfaces]));
  }

  handOver(address: IpAddress, within: Duration): void {
    this.#call('handOver', address, within);
  }

  inquire(key: ResponderKey, addresses: readonly IpAddress[]): void {
    this.#call('inquire', key, addresses);
  }

  suspend(): void {
    this.#call('suspend');
  }

  resume(): void {
    this.#call('resume');
  }

  limitPauses(limit: Duration): void {
    this.#call('limitPauses', limit);
  }

  announce(key: ResponderKey, addresses: readonly IpAddress[]): void {
    this.#call('announce', key, addresses);
  }

  join(interfaceName: string, group: IpAddress): void {
    this.#call('join', interfaceName, group);
  }

  leave(interfaceName: string, group: IpAddress): void {
    this.#call('leave', interfaceName, group);
  }

  report(): Promise<void> {
    this.#call('report');
    return new Promise((resolve) => this.#reporting.push(resolve));
  }

  #call(call: LayerCall['call'], ...args: readonly unknown[]): void {
    this.#child.stdin?.write(`${JSON.stringify({ call, args })}\n`);
  }

  #hear({ event, args }: LayerEvent): void {
    if (event === 'reported') this.#reporting.shift()?.();
    else if (event === 'ended') for (const resolve of this.#ended) resolve();
    else if (this.#events) {
      (this.#events[event] as (...args: readonly unknown[]) => void)(...args);
    }
  }
}
