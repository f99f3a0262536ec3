import type { HeraldPorts } from '../../src/runtime/speaker/herald.ts';

/** Everything a speaker tells the world but the log, as lines in the order in which it was told. */
export class RecordingOutlets {
  readonly said: string[] = [];
  /** Keys handled, and how many of them ended in an error. */
  updates = 0;
  failures = 0;
  /** How often BGP was told that all was looked at. */
  settled = 0;

  get ports(): Omit<HeraldPorts, 'logger'> {
    return {
      layer2: {
        set: (key, addresses, interfaces) => {
          const where = interfaces === undefined ? '' : ` on ${interfaces.join(',')}`;
          this.said.push(`set ${key} ${addresses.join(',')}${where}`);
        },
        delete: (key) => this.said.push(`delete ${key}`),
        handOver: (key, within) => this.said.push(`hand over ${key} within ${within} ms`),
        refresh: () => this.said.push('refresh'),
      },
      bgp: {
        configure: () => undefined,
        announce: ({ service, pool, addresses }) =>
          this.said.push(`route ${service} ${addresses.join(',')} of ${pool}`),
        withdraw: (service) => this.said.push(`unroute ${service}`),
        settle: () => (this.settled += 1),
      },
      events: {
        record: ({ namespace, name }, { type, reason, message }) =>
          this.said.push(`event ${namespace}/${name} ${type} ${reason} ${message}`),
      },
      observer: {
        updated: () => (this.updates += 1),
        updateFailed: () => (this.failures += 1),
        announced: ({ service, protocol, node, ip }) =>
          this.said.push(`gauge + ${service} ${protocol} ${node} ${ip}`),
        withdrawn: ({ service, protocol, node, ip }) =>
          this.said.push(`gauge - ${service} ${protocol} ${node} ${ip}`),
      },
    };
  }
}
