import { expect, test } from 'vitest';
import type { Session } from '../../src/runtime/bgp/index.ts';
import { Registry, bfdMetrics, bgpMetrics } from '../../src/runtime/metrics/index.ts';
import { millis } from '../../src/runtime/platform/ports.ts';
import { agreedOn } from '../support/fake-bgp-sessions.ts';
import { peer } from '../support/bgp.ts';
import { ip } from '../support/views.ts';

const session: Session = { key: 'a', kind: 'external', peer: peer('a') };
const far: Session = {
  key: 'b',
  kind: 'external',
  peer: peer('b', { address: ip('2001:db8::1') }),
};

async function rows(register: Registry): Promise<string[]> {
  const page = await register.metrics();
  return page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('a session shows the rows of the original from its beginning, and none after its end', async () => {
  const register = new Registry();
  const series = bgpMetrics(register, { mode: 'native', compat: 'v0.12' }).of(session);
  expect(await rows(register)).toEqual(
    expect.arrayContaining([
      'metallb_bgp_session_up{peer="192.0.2.1:179"} 0',
      'metallb_bgp_announced_prefixes_total{peer="192.0.2.1:179"} 0',
    ]),
  );
  series.up(agreedOn(), ip('192.0.2.10'));
  for (const type of ['open', 'keepalive', 'update', 'update', 'update'] as const) {
    series.messageSent(type);
  }
  series.routes({ desired: 9, announced: 7 });
  expect(await rows(register)).toEqual(
    expect.arrayContaining([
      'metallb_bgp_session_up{peer="192.0.2.1:179"} 1',
      'metallb_bgp_updates_total{peer="192.0.2.1:179"} 3',
      'metallb_bgp_announced_prefixes_total{peer="192.0.2.1:179"} 7',
      'metallb_bgp_pending_prefixes_total{peer="192.0.2.1:179"} 9',
    ]),
  );
  series.close();
  series.down({ kind: 'stopped', text: 'closed' });
  expect(await rows(register)).toEqual([]);
});

test('the last error is one reason, and gone once the session is up', async () => {
  const register = new Registry();
  const series = bgpMetrics(register, { mode: 'native', compat: 'v0.12' }).of(session);
  series.retrySuppressed(millis(1000));
  series.down({ kind: 'connectFailed', text: 'refused' });
  series.down({ kind: 'holdTimerExpired', text: 'silence' });
  const errors = async (): Promise<string[]> =>
    (await rows(register)).filter((row) => row.includes('last_error'));
  expect(await errors()).toEqual([
    'metallb_bgp_session_last_error{peer="192.0.2.1:179",reason="holdTimerExpired"} 1',
  ]);
  expect(await rows(register)).toContain(
    'metallb_bgp_retries_suppressed_total{peer="192.0.2.1:179"} 1',
  );
  series.up(agreedOn(), ip('192.0.2.10'));
  expect(await errors()).toEqual([]);
});

test('malformed UPDATEs are counted from zero on', async () => {
  const register = new Registry();
  const series = bgpMetrics(register, { mode: 'native', compat: 'v0.12' }).of(session);
  const row = 'metallb_bgp_updates_malformed_total{peer="192.0.2.1:179"}';
  expect(await rows(register)).toContain(`${row} 0`);
  series.malformedUpdate();
  expect(await rows(register)).toContain(`${row} 1`);
});

test('of two sessions with one peer the first to end leaves the rows to the other', async () => {
  const register = new Registry();
  const metrics = bgpMetrics(register, { mode: 'native', compat: 'v0.12' });
  const [one, two] = [metrics.of(session), metrics.of({ ...session, key: 'a#2' })];
  one.close();
  expect(await rows(register)).toContain('metallb_bgp_session_up{peer="192.0.2.1:179"} 0');
  two.close();
  expect(await rows(register)).toEqual([]);
});

test.each([
  ['native', 'v0.13', 'metallb_bgp_session_up{peer="[2001:db8::1]:179"} 0'],
  ['frr', 'v0.12', 'metallb_bgp_session_up{peer="2001:db8::1:179"} 0'],
  ['frr', 'v0.13', 'metallb_bgp_session_up{peer="2001:db8::1:179",vrf="default"} 0'],
] as const)('a peer is labeled as %s mode of %s labeled it', async (mode, compat, row) => {
  const register = new Registry();
  bgpMetrics(register, { mode, compat }).of(far);
  expect(await rows(register)).toContain(row);
});

test('BFD counts on where a session began anew, and its rows end with it', async () => {
  const register = new Registry();
  const metrics = bfdMetrics(register, { mode: 'frr', compat: 'v0.12' });
  const remote = { address: ip('192.0.2.1'), vrf: undefined };
  const totals = { echoIn: 0, echoOut: 0, upEvents: 1, downEvents: 0, notifications: 1 };
  metrics.state(remote, 'up');
  metrics.counted(remote, { ...totals, controlIn: 5, controlOut: 6 });
  metrics.counted(remote, { ...totals, controlIn: 2, controlOut: 3 });
  expect(await rows(register)).toEqual(
    expect.arrayContaining([
      'metallb_bfd_session_up{peer="192.0.2.1"} 1',
      'metallb_bfd_control_packet_input{peer="192.0.2.1"} 7',
      'metallb_bfd_control_packet_output{peer="192.0.2.1"} 9',
    ]),
  );
  metrics.ended(remote);
  expect(await rows(register)).toEqual([]);
});

const OWN = [
  'session_state',
  'session_last_error',
  'retries_suppressed_total',
  'updates_malformed_total',
];
const OF_BOTH = ['session_up', 'announced_prefixes_total', 'updates_total', ...OWN];

test.each([
  ['native', 'v0.12', [...OF_BOTH, 'pending_prefixes_total']],
  ['frr', 'v0.12', OF_BOTH],
  ['native', 'v0.13', [...OF_BOTH, 'pending_prefixes_total']],
  [
    'frr',
    'v0.13',
    [
      ...OF_BOTH,
      ...['opens_sent', 'opens_received', 'notifications_sent', 'updates_total_received'],
      ...['keepalives_sent', 'keepalives_received', 'route_refresh_sent'],
      ...['total_sent', 'total_received'],
    ],
  ],
] as const)(
  'in mode %s of %s there are the metrics of that mode, and ours',
  (mode, compat, names) => {
    const register = new Registry();
    bgpMetrics(register, { mode, compat });
    const found = register.getMetricsAsArray().map(({ name }) => name);
    expect(found.toSorted()).toEqual(names.map((name) => `metallb_bgp_${name}`).toSorted());
  },
);

test('totals are of all messages, those without a counter of their own too', async () => {
  const register = new Registry();
  const series = bgpMetrics(register, { mode: 'frr', compat: 'v0.13' }).of(session);
  for (const type of ['open', 'update', 'keepalive', 'notification'] as const) {
    series.messageSent(type);
    series.messageReceived(type);
  }
  series.messageReceived('routeRefresh');
  const totals = (await rows(register)).filter((row) => row.includes('_total_'));
  expect(totals).toEqual([
    'metallb_bgp_total_sent{peer="192.0.2.1:179",vrf="default"} 4',
    'metallb_bgp_updates_total_received{peer="192.0.2.1:179",vrf="default"} 1',
    'metallb_bgp_total_received{peer="192.0.2.1:179",vrf="default"} 5',
  ]);
});
