import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { IpAddress, MacAddress } from '../../src/runtime/net/index.ts';
import { asker, solicit, us, vip, vip6, whoHas } from '../support/frames.ts';
import { Host, Tap } from '../support/link-lab.ts';
import { Namespace, awaitCarrier, connect } from '../support/netns.ts';

let ours: Namespace;
let theirs: Namespace;
let running: { stop(): Promise<unknown> }[];

beforeEach(({ onTestFailed }) => {
  running = [];
  const hosts = running;
  onTestFailed(() => {
    for (const host of hosts) if (host instanceof Host) process.stdout.write(host.lastWords());
  });
  ours = new Namespace('ours');
  theirs = new Namespace('theirs');
  plugIn();
});

afterEach(async () => {
  for (const each of running) await each.stop();
  ours.delete();
  theirs.delete();
});

function plugIn(): void {
  connect(
    { namespace: ours, link: 'eth0', mac: us },
    { namespace: theirs, link: 'eth0', mac: asker },
  );
}

async function startHost(options?: Parameters<typeof Host.start>[1]): Promise<Host> {
  const host = await Host.start(ours, options);
  running.push(host);
  return host;
}

async function startTap(link = 'eth0'): Promise<Tap> {
  const tap = await Tap.start(theirs, link);
  running.push(tap);
  return tap;
}

const answerFrom =
  (mac: MacAddress, etherType: number) =>
  (frame: Buffer): boolean =>
    frame.readUInt16BE(12) === etherType &&
    frame.toString('hex', 0, 12) === `${asker}${mac}`.replaceAll(':', '') &&
    (etherType === 0x0806 ? frame[21] === 2 : frame[54] === 136);
const arpFrom = (mac: MacAddress): ((frame: Buffer) => boolean) => answerFrom(mac, 0x0806);
const ndpFrom = (mac: MacAddress): ((frame: Buffer) => boolean) => answerFrom(mac, 0x86dd);

const createdOn = (host: Host): unknown[] =>
  host.transcript.lines.flatMap((line) =>
    line.type === 'log' && line.fields['event'] === 'createARPResponder'
      ? [line.fields['interface']]
      : [],
  );

test('bridge ports, links without ARP and links that are down are left out', async () => {
  const other = new Namespace('other');
  try {
    for (const link of ['port', 'noarp', 'off', 'zz']) {
      connect({ namespace: ours, link }, { namespace: other, link });
    }
    ours.ip('link', 'add', 'br0', 'type', 'bridge');
    ours.ip('link', 'set', 'br0', 'up');
    ours.ip('link', 'set', 'port', 'master', 'br0');
    ours.ip('link', 'set', 'noarp', 'arp', 'off');
    ours.ip('link', 'set', 'off', 'down');
    const host = await startHost();
    await host.logged('createARPResponder', 'zz');
    await host.logged('createARPResponder', 'br0');
    await host.logged('createARPResponder', 'eth0');
    expect(createdOn(host).toSorted()).toEqual(['br0', 'eth0', 'zz']);
    const start = host.transcript.lines.length;
    ours.ip('link', 'set', 'zz', 'master', 'br0');
    await host.logged('deleteARPResponder', 'zz', start);
  } finally {
    other.delete();
  }
}, 20_000);

test('only the interfaces asked for are served', async () => {
  const other = new Namespace('other');
  try {
    connect({ namespace: ours, link: 'eth1' }, { namespace: other, link: 'eth1' });
    const host = await startHost({ interfaces: ['eth1'] });
    await host.logged('createARPResponder', 'eth1');
    await host.tell({ op: 'report' });
    expect(createdOn(host)).toEqual(['eth1']);
  } finally {
    other.delete();
  }
});

test('a deleted interface is let go, and its successor of the same name is served', async () => {
  const host = await startHost();
  await host.tell({ op: 'set', service: 'default/web', addresses: [vip, vip6] });
  await host.logged('createNDPResponder', 'eth0');
  let start = host.transcript.lines.length;
  ours.ip('link', 'delete', 'eth0');
  await host.logged('deleteARPResponder', 'eth0', start);
  start = host.transcript.lines.length;
  plugIn();
  await host.logged('createNDPResponder', 'eth0', start);
  const tap = await startTap();
  await tap.ask(whoHas(), arpFrom(us));
  await tap.ask(solicit(), ndpFrom(us));
  expect(await host.counted('response', vip)).toBe(1);
}, 20_000);

test('a link that goes down and comes up is served again and told of every address', async () => {
  const host = await startHost();
  await host.tell({ op: 'set', service: 'default/web', addresses: [vip] });
  await host.logged('createARPResponder', 'eth0');
  let start = host.transcript.lines.length;
  ours.ip('link', 'set', 'eth0', 'down');
  await host.logged('deleteARPResponder', 'eth0', start);
  const tap = await startTap();
  start = host.transcript.lines.length;
  ours.ip('link', 'set', 'eth0', 'up');
  await host.logged('createARPResponder', 'eth0', start);
  await tap.transcript.find('announcement', ({ frame }) =>
    frame.startsWith('ffffffffffff00005e00530108060001080006040001'),
  );
  awaitCarrier(theirs, 'eth0');
  await tap.ask(whoHas(), arpFrom(us));
  expect(createdOn(host)).toEqual(['eth0', 'eth0']);
}, 20_000);

test('after a change of its MAC address a link answers with the new one', async () => {
  const changed = '00:00:5e:00:53:77' as MacAddress;
  const host = await startHost();
  await host.tell({ op: 'set', service: 'default/web', addresses: [vip] });
  await host.logged('createARPResponder', 'eth0');
  const tap = await startTap();
  await tap.ask(whoHas(), arpFrom(us));
  const start = host.transcript.lines.length;
  ours.ip('link', 'set', 'eth0', 'address', changed);
  await host.logged('createARPResponder', 'eth0', start);
  const { frame } = await tap.ask(whoHas(), arpFrom(changed));
  expect(frame.toString('hex', 22, 28)).toBe('00005e005377');
}, 20_000);

test('solicitations pass the multicast filter of the interface, announced before or after it came', async () => {
  const early = vip6;
  const late = '2001:db8::7:8:9' as IpAddress;
  const isolated = new Namespace('isolated');
  try {
    const host = await Host.start(isolated);
    running.push(host);
    await host.tell({ op: 'set', service: 'default/early', addresses: [early] });
    ours.ip(...'link add link eth0 name mv0 type macvlan mode private'.split(' '));
    ours.ip('link', 'set', 'mv0', 'netns', isolated.name);
    isolated.ip('link', 'set', 'mv0', 'address', '00:00:5e:00:53:33', 'up');
    await host.logged('createNDPResponder', 'mv0');
    await host.tell({ op: 'set', service: 'default/late', addresses: [late] });
    const tap = await startTap();
    const mac = '00:00:5e:00:53:33' as MacAddress;
    for (const address of [early, late]) {
      const { frame } = await tap.ask(solicit(address), ndpFrom(mac));
      expect(frame[58]).toBe(0x40);
    }
    const groups = isolated.ip('maddress', 'show', 'dev', 'mv0');
    expect(groups).toContain('ff02::1:ff08:9');
    await host.tell({ op: 'delete', service: 'default/late' });
    expect(isolated.ip('maddress', 'show', 'dev', 'mv0')).not.toContain('ff02::1:ff08:9');
  } finally {
    isolated.delete();
  }
}, 20_000);

test('NET_RAW is the only capability used', async () => {
  const caps = '-all,+net_raw';
  const host = await startHost({
    wrapper: [
      'setpriv',
      ...['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'],
      ...[`--inh-caps=${caps}`, `--ambient-caps=${caps}`, `--bounding-set=${caps}`],
    ],
  });
  await host.tell({ op: 'set', service: 'default/web', addresses: [vip, vip6] });
  await host.logged('createNDPResponder', 'eth0');
  expect(readFileSync(`/proc/${host.pid}/status`, 'utf8')).toMatch(/^CapEff:\s+0{12}2000$/m);
  const tap = await startTap();
  await tap.ask(whoHas(), arpFrom(us));
  await tap.ask(solicit(), ndpFrom(us));
});

test('without NET_RAW every link says what is missing, and nothing else breaks', async () => {
  const host = await startHost({
    wrapper: ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-all'],
  });
  await host.transcript.find(
    'error',
    (line) => line.type === 'log' && line.fields['op'] === 'createARPResponder',
  );
  const errors = host.transcript.lines.flatMap((line) =>
    line.type === 'log' && line.level === 'error' ? [line.fields['error']] : [],
  );
  expect(errors[0]).toBe('socket: EPERM (the capability NET_RAW is needed)');
  expect(await host.stop()).toBe(0);
});

test('the host ends cleanly when told to', async () => {
  const host = await startHost();
  await host.logged('createARPResponder', 'eth0');
  expect(await host.stop()).toBe(0);
});
