import { expect, test } from 'vitest';
import {
  BfdSession,
  type ControlPacket,
  type SessionSettings,
  decodeControl,
  decodeEcho,
  encodeControl,
  encodeEcho,
  settingsOf,
} from '../../src/runtime/bfd/index.ts';
import { ControlPorts } from '../../src/runtime/platform/bfd/control-ports.ts';
import { EchoLine } from '../../src/runtime/platform/bfd/echo-line.ts';
import type {
  BfdProtocol,
  BfdReport,
  SessionSpec,
} from '../../src/runtime/platform/bfd/protocol.ts';
import { ServedSession } from '../../src/runtime/platform/bfd/served-session.ts';
import { Poller } from '../../src/runtime/platform/socket/poller.ts';
import { spec } from '../contract/bfd-layer.contract.ts';
import { FakeLibc } from '../support/fake-libc.ts';

type Served = ServedSession<ControlPacket, SessionSettings>;

const random = { float: () => 0.5, bytes: (count: number) => new Uint8Array(count).fill(1) };
const settings = (of: SessionSpec): SessionSettings =>
  settingsOf(of.profile, { multihop: of.multihop, forwards: false });
const protocol: BfdProtocol<ControlPacket, SessionSettings> = {
  settingsOf: settings,
  session: (identity) => new BfdSession(identity),
  decode: (octets) => packetIn(octets),
  encode: encodeControl,
  decodeEcho,
  encodeEcho,
};
const slower: SessionSpec = { ...spec, profile: { ...spec.profile, receiveIntervalMs: 700 } };

function packetIn(octets: Uint8Array): ControlPacket | undefined {
  const decoded = decodeControl(octets);
  return decoded.kind === 'packet' ? decoded.packet : undefined;
}

function scene(): { libc: FakeLibc; session: Served; reports: BfdReport[] } {
  const libc = new FakeLibc();
  const reports: BfdReport[] = [];
  const nothing = (): void => undefined;
  const base = { libc, poller: new Poller(libc), changed: nothing };
  const session: Served = new ServedSession(
    { key: 'peer', spec },
    new BfdSession({ discriminator: 7, settings: settings(spec), random }),
    {
      ...{ libc, random, protocol, changed: nothing },
      ports: new ControlPorts<Served>({ ...base, hear: nothing }),
      echoes: new EchoLine<Served>({ ...base, ready: nothing, returned: nothing }),
      report: (report) => reports.push(report),
    },
  );
  return { libc, session, reports };
}

test('a profile that changed while the port could not be had is the one that the session begins with', () => {
  const { libc, session, reports } = scene();
  libc.refused.set('bind', 'EADDRINUSE');
  session.turn(0);
  session.configure(slower, settings(slower), 100);
  libc.refused.clear();
  session.turn(5_000);

  expect(reports.map(({ type }) => type)).toEqual(['failed', 'started']);
  expect(libc.sent.map(packetIn)).toMatchObject([{ requiredMinRx: 700_000 }]);
});

test('a filter that the kernel refuses ends no other session: this one is said to be without, and tried again', () => {
  const { libc, session, reports } = scene();
  session.turn(0);
  libc.refused.set('attachFilter', 'ENOMEM');
  session.configure(slower, settings(slower), 100);
  expect(reports.at(-1)).toMatchObject({ type: 'failed', key: 'peer' });
  expect(libc.open.size).toBe(1);
  libc.refused.clear();
  session.turn(5_100);

  expect(reports.at(-1)).toMatchObject({ type: 'started', key: 'peer' });
  expect(packetIn(libc.sent.at(-1) ?? new Uint8Array())?.requiredMinRx).toBe(700_000);
});
