import type { Family } from '../../../../src/runtime/net/index.ts';
import type { BfdSettings, NeighborSettings, RouterSettings } from '../peer.ts';

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** The configuration of bgpd. */
export function bgpdConfiguration(settings: RouterSettings): string {
  const { asn, routerId, neighbors, gracefulRestart, announces = [] } = settings;
  const lines = [
    'log stdout informational',
    `router bgp ${asn}`,
    ` bgp router-id ${routerId}`,
    // Else eBGP neighbors without a policy are heard and ignored. RFC 8212
    ' no bgp ebgp-requires-policy',
    ' no bgp network import-check',
    ' no bgp default ipv4-unicast',
  ];
  if (gracefulRestart !== undefined) {
    const { restartTime, staleTime } = gracefulRestart;
    lines.push(' bgp graceful-restart', ` bgp graceful-restart restart-time ${restartTime}`);
    lines.push(` bgp graceful-restart stalepath-time ${staleTime}`);
    lines.push(' bgp graceful-restart preserve-fw-state');
  }
  lines.push(...neighbors.flatMap((neighbor, index) => neighborLines(neighbor, index)));
  for (const family of FAMILIES) {
    lines.push(` address-family ${family} unicast`);
    for (const { address, families } of neighbors) {
      if (families.includes(family)) lines.push(`  neighbor ${address} activate`);
    }
    const own = announces.filter((prefix) => prefix.includes(':') === (family === 'ipv6'));
    lines.push(...own.map((prefix) => `  network ${prefix}`), ' exit-address-family');
  }
  return `${lines.join('\n')}\n`;
}

function neighborLines(neighbor: NeighborSettings, index: number): string[] {
  const { address, asn, localAddress, password, timers, multihop, ttlSecurity } = neighbor;
  const lines = [`remote-as ${asn}`, 'passive'];
  if (localAddress !== undefined) lines.push(`update-source ${localAddress}`);
  if (password !== undefined) lines.push(`password ${password}`);
  if (timers !== undefined) lines.push(`timers ${timers.keepalive} ${timers.hold}`);
  if (multihop !== undefined) lines.push(`ebgp-multihop ${multihop}`);
  if (ttlSecurity !== undefined) lines.push(`ttl-security hops ${ttlSecurity}`);
  if (neighbor.extendedNextHop === true) lines.push('capability extended-nexthop');
  // It can hold back all capabilities only.
  if (neighbor.fourOctetAsn === false) lines.push('dont-capability-negotiate');
  if (neighbor.bfd !== undefined) lines.push(`bfd profile ${profileName(index)}`);
  return lines.map((line) => ` neighbor ${address} ${line}`);
}

/** The configuration of bfdd: one profile for each neighbor with BFD. */
export function bfddConfiguration({ neighbors }: RouterSettings): string {
  const profiles = neighbors.flatMap(({ bfd }, index) =>
    bfd === undefined ? [] : [` profile ${profileName(index)}`, ...profileLines(bfd), ' exit'],
  );
  return `${['log stdout informational', 'bfd', ...profiles, 'exit'].join('\n')}\n`;
}

function profileLines({
  receive,
  transmit,
  multiplier,
  passive,
  echo,
  minimumTtl,
}: BfdSettings): string[] {
  const lines = [
    `detect-multiplier ${multiplier}`,
    `receive-interval ${receive}`,
    `transmit-interval ${transmit}`,
  ];
  if (passive === true) lines.push('passive-mode');
  if (echo !== undefined) {
    lines.push(`echo transmit-interval ${echo}`, `echo receive-interval ${echo}`, 'echo-mode');
  }
  if (minimumTtl !== undefined) lines.push(`minimum-ttl ${minimumTtl}`);
  return lines.map((line) => `  ${line}`);
}

function profileName(index: number): string {
  return `neighbor-${index}`;
}
