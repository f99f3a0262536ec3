import { Namespace } from '../../support/netns.ts';
import type { ClusterNode } from '../nodes/node.ts';

/** Where a pod's processes find the network: the node's own, or one behind a cable to the node. */
export class PodNetwork {
  readonly address: string;
  readonly namespace: Namespace;
  readonly #own: Namespace | undefined;

  private constructor(address: string, namespace: Namespace, own?: Namespace) {
    this.address = address;
    this.namespace = namespace;
    this.#own = own;
  }

  static ofNode(node: ClusterNode): PodNetwork {
    return new PodNetwork(node.address, node.namespace);
  }

  /** A namespace with one address of the node's pod range; the node routes for it, and nothing is translated. */
  static behind(node: ClusterNode): PodNetwork {
    const number = node.takePodNumber();
    const address = `${node.podNetwork}.${number}`;
    const gateway = `${node.podNetwork}.1`;
    const inside = new Namespace(`${node.name}-${number}`);
    const outside = `pod${number}`;
    const peer = ['peer', 'name', 'eth0', 'netns', inside.name];
    node.namespace.ip('link', 'add', outside, 'type', 'veth', ...peer);
    node.namespace.ip('addr', 'add', `${gateway}/32`, 'dev', outside);
    node.namespace.ip('link', 'set', outside, 'up');
    node.namespace.ip('route', 'add', `${address}/32`, 'dev', outside);
    inside.ip('addr', 'add', `${address}/32`, 'dev', 'eth0');
    inside.ip('link', 'set', 'eth0', 'up');
    inside.ip('route', 'add', `${gateway}/32`, 'dev', 'eth0');
    inside.ip('route', 'add', 'default', 'via', gateway);
    return new PodNetwork(address, inside, inside);
  }

  close(): void {
    this.#own?.delete();
  }
}
