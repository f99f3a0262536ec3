import type { NeighborSettings, RouterSettings } from '../peer.ts';

/** TOML of gobgpd. */
export function gobgpConfiguration(settings: RouterSettings): string {
  const lines = [
    '[global.config]',
    `as = ${settings.asn}`,
    `router-id = "${settings.routerId}"`,
    `port = ${settings.port ?? 179}`,
    ...settings.neighbors.flatMap((neighbor) => neighborLines(settings, neighbor)),
  ];
  return `${lines.join('\n')}\n`;
}

function neighborLines({ gracefulRestart }: RouterSettings, neighbor: NeighborSettings): string[] {
  const { address, asn, families, localAddress, password, timers, multihop, ttlSecurity, bfd } =
    neighbor;
  if (bfd !== undefined) throw new Error('GoBGP has no BFD');
  if (neighbor.fourOctetAsn === false) throw new Error('GoBGP always knows AS numbers of 4 octets');
  const lines = ['[[neighbors]]'];
  const section = (name: string, ...settings: readonly string[]): void => {
    lines.push(`[neighbors.${name}]`, ...settings);
  };
  const key = password === undefined ? [] : [`auth-password = "${password}"`];
  section('config', `neighbor-address = "${address}"`, `peer-as = ${asn}`, ...key);
  const local = localAddress === undefined ? [] : [`local-address = "${localAddress}"`];
  section('transport.config', 'passive-mode = true', ...local);
  const { hold, keepalive } = timers ?? { hold: 90, keepalive: 30 };
  section('timers.config', `hold-time = ${hold}`, `keepalive-interval = ${keepalive}`);
  if (multihop !== undefined) {
    section('ebgp-multihop.config', 'enabled = true', `multihop-ttl = ${multihop}`);
  }
  if (ttlSecurity !== undefined) {
    section('ttl-security.config', 'enabled = true', `ttl-min = ${256 - ttlSecurity}`);
  }
  if (gracefulRestart !== undefined) {
    const { restartTime, staleTime } = gracefulRestart;
    const times = [`restart-time = ${restartTime}`, `stale-routes-time = ${staleTime}.0`];
    section('graceful-restart.config', 'enabled = true', ...times);
  }
  for (const family of families) {
    lines.push('[[neighbors.afi-safis]]');
    section('afi-safis.config', `afi-safi-name = "${family}-unicast"`);
    if (gracefulRestart !== undefined) {
      section('afi-safis.mp-graceful-restart.config', 'enabled = true');
    }
  }
  return lines;
}
