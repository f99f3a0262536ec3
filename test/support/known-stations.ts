import type { Rivals } from '../../src/runtime/layer2/index.ts';
import type { MacAddress } from '../../src/runtime/net/index.ts';
import { type Duration, millis } from '../../src/runtime/platform/ports.ts';

/** What a test says of other nodes. */
export class KnownStations implements Rivals {
  /** Nodes by the hardware addresses of their links. */
  readonly nodes: Map<MacAddress, string> = new Map();
  readonly members: Set<string> = new Set();
  /** Nodes that come before this one in the order of election. */
  readonly higher: Set<string> = new Set();
  /** Services for which no other node comes first. */
  readonly notFor: Set<string> = new Set();
  changedAt: Duration = millis(-Infinity);

  stationOf(mac: MacAddress): { readonly node: string } | undefined {
    const node = this.nodes.get(mac);
    return node === undefined ? undefined : { node };
  }

  isMember(node: string): boolean {
    return this.members.has(node);
  }

  ringChangedAt(): Duration {
    return this.changedAt;
  }

  outranks(node: string, service: string): boolean {
    return this.higher.has(node) && !this.notFor.has(service);
  }
}
