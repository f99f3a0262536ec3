import { execFileSync } from 'node:child_process';
import { Namespace, awaitCarrier } from '../netns.ts';

const LINK = 'eth0';
let made = 0;

/**
 * The place of one router: a namespace, on a cable to the network that the test itself is in. Up to 63 in one run, each
 * with subnets of its own.
 */
export class PeerSite {
  readonly namespace: Namespace;
  /** Addresses of the near end, which is the test's. */
  readonly ours: { readonly ipv4: string; readonly ipv6: string; readonly link: string };
  /** Addresses of the router. */
  readonly theirs: { readonly ipv4: string; readonly ipv6: string };

  constructor(label: string) {
    made += 1;
    this.namespace = new Namespace(label);
    const link = `peer${made}`;
    this.ours = { ipv4: `198.51.100.${4 * made + 1}`, ipv6: `2001:db8:${made}::1`, link };
    this.theirs = { ipv4: `198.51.100.${4 * made + 2}`, ipv6: `2001:db8:${made}::2` };
    this.#plug(link);
  }

  /** Pulls the cable; or plugs it in again. */
  cut(): void {
    this.namespace.ip('link', 'set', LINK, 'down');
  }

  mend(): void {
    this.namespace.ip('link', 'set', LINK, 'up');
    // The address left with the link.
    this.namespace.ip('addr', 'replace', `${this.theirs.ipv6}/64`, 'dev', LINK, 'nodad');
    awaitCarrier(this.namespace, LINK);
  }

  delete(): void {
    // A namespace takes a while to go, and its end of the cable with it: the next site may want the name before.
    ip('link', 'delete', this.ours.link);
    this.namespace.delete();
  }

  #plug(link: string): void {
    const { namespace, ours, theirs } = this;
    ip('link', 'add', link, 'type', 'veth', 'peer', 'name', LINK, 'netns', namespace.name);
    ip('addr', 'add', `${ours.ipv4}/30`, 'dev', link);
    ip('addr', 'add', `${ours.ipv6}/64`, 'dev', link, 'nodad');
    ip('link', 'set', link, 'up');
    namespace.ip('addr', 'add', `${theirs.ipv4}/30`, 'dev', LINK);
    namespace.ip('addr', 'add', `${theirs.ipv6}/64`, 'dev', LINK, 'nodad');
    namespace.ip('link', 'set', LINK, 'up');
    awaitCarrier(namespace, LINK);
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args);
}
