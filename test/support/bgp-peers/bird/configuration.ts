import type { BfdSettings, NeighborSettings, RouterSettings } from '../peer.ts';

/** Name of the protocol that speaks with the neighbor. */
export function protocolName({ neighbors }: RouterSettings, neighbor: string): string | undefined {
  const index = neighbors.findIndex(({ address }) => address === neighbor);
  return index < 0 ? undefined : `neighbor${index}`;
}

export function birdConfiguration(settings: RouterSettings): string {
  const { routerId, neighbors, gracefulRestart, announces = [] } = settings;
  const lines = ['log stderr all;', `router id ${routerId};`, 'protocol device { scan time 1; }'];
  if (gracefulRestart !== undefined) lines.push('graceful restart wait 10;');
  for (const family of ['ipv4', 'ipv6'] as const) {
    const own = announces.filter((prefix) => prefix.includes(':') === (family === 'ipv6'));
    const routes = own.map((prefix) => `route ${prefix} blackhole;`).join(' ');
    if (own.length > 0) lines.push(`protocol static { ${family}; ${routes} }`);
  }
  if (neighbors.some(({ bfd }) => bfd !== undefined)) {
    lines.push('protocol bfd { }');
  }
  lines.push(...neighbors.flatMap((neighbor) => neighborLines(settings, neighbor)));
  return `${lines.join('\n')}\n`;
}

function neighborLines(settings: RouterSettings, neighbor: NeighborSettings): string[] {
  const { address, asn, families } = neighbor;
  const channels = families.map((family) => {
    const extended = neighbor.extendedNextHop === true ? ' extended next hop on;' : '';
    return `${family} { import all; export where source = RTS_STATIC;${extended} };`;
  });
  const statements = [
    `local ${neighbor.localAddress ?? ''} port ${settings.port ?? 179} as ${settings.asn};`,
    `neighbor ${address} as ${asn};`,
    'passive on;',
    // Lives of a session are told apart by these lines.
    'debug { states };',
    // Else it takes nobody's call for a minute once BFD or the neighbor has ended a session.
    'error wait time 1, 2;',
    ...optionLines(neighbor),
    ...restartLines(settings),
    ...channels,
  ];
  const body = statements.map((statement) => `  ${statement}`);
  return [`protocol bgp ${protocolName(settings, address) ?? ''} {`, ...body, '}'];
}

function optionLines(neighbor: NeighborSettings): string[] {
  const { password, timers, multihop, ttlSecurity, bfd } = neighbor;
  const lines: string[] = neighbor.fourOctetAsn === false ? ['enable as4 off;'] : [];
  if (password !== undefined) lines.push(`password "${password}";`);
  if (timers !== undefined) {
    lines.push(`hold time ${timers.hold};`, `keepalive time ${timers.keepalive};`);
  }
  // Else an iBGP neighbor is taken for one that is many hops away, and its next hops for unreachable.
  const hops = multihop ?? ttlSecurity ?? 1;
  lines.push(hops > 1 ? `multihop ${hops};` : 'direct;');
  if (ttlSecurity !== undefined) lines.push('ttl security on;');
  if (bfd !== undefined) lines.push(bfdLine(bfd));
  return lines;
}

function bfdLine({
  receive,
  transmit,
  multiplier,
  passive,
  echo,
  minimumTtl,
}: BfdSettings): string {
  if (echo !== undefined || minimumTtl !== undefined) {
    throw new Error('BIRD has neither echo nor a minimum TTL');
  }
  const intervals = `min rx interval ${receive} ms; min tx interval ${transmit} ms;`;
  return `bfd { ${intervals} multiplier ${multiplier}; passive ${passive === true ? 'on' : 'off'}; };`;
}

function restartLines({ gracefulRestart }: RouterSettings): string[] {
  if (gracefulRestart === undefined) return [];
  // It keeps stale routes for as long as the neighbor asked for.
  return ['graceful restart on;', `graceful restart time ${gracefulRestart.restartTime};`];
}
