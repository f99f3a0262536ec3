import type {
  CeaseSubcode,
  SessionEffect,
  SessionEvent,
  SessionSettings,
  TimerName,
} from '../../../src/runtime/bgp/fsm/fsm.ts';
import { SessionMachine } from '../../../src/runtime/bgp/fsm/machine.ts';
import type { Capability, Notification, Open } from '../../../src/runtime/bgp/wire/message.ts';
import { ipFromBytes, ipToBytes, parseIp } from '../../../src/runtime/net/index.ts';

/**
 * Plays a transcript again: lines that begin with `>` are what happens to a session, and after each stand what it does, one to a line,
 * and `= state` where that changes. `session` begins a new one with its settings, `#` a remark, which the answer keeps.
 *
 * @returns the transcript as it went this time
 */
export function replay(transcript: string): string {
  let machine = new SessionMachine(settingsOf([]));
  return transcript
    .split('\n')
    .flatMap((line) => {
      const words = line.split(' ').filter((word) => word !== '');
      if (words[0] === 'session') machine = new SessionMachine(settingsOf(words.slice(1)));
      if (line === '' || line.startsWith('#') || words[0] === 'session') return [line];
      return words[0] === '>' ? [line, ...play(machine, words.slice(1))] : [];
    })
    .join('\n');
}

function play(machine: SessionMachine, words: readonly string[]): readonly string[] {
  const before = machine.state;
  const lines = machine.handle(eventOf(words)).map((effect) => `  ${spell(effect)}`);
  return machine.state === before ? lines : [...lines, `= ${machine.state}`];
}

function settingsOf(words: readonly string[]): SessionSettings {
  const said = keyed(words);
  const keepalive = said.get('keepalive');
  return {
    localAsn: Number(said.get('local') ?? 64512),
    peerAsn: Number(said.get('peer') ?? 64513),
    holdTime: Number(said.get('hold') ?? 90),
    keepaliveTime: keepalive === undefined ? undefined : Number(keepalive),
    capabilities: capabilitiesOf(said.get('capabilities') ?? 'ipv4,ipv6'),
    servesOldPeers: said.get('old-peers') === 'served',
  };
}

/** An event, as in `OPEN as=64513 hold=90`, `stop administrativeShutdown until noon`, `timer hold`. */
export function eventOf([first = '', ...rest]: readonly string[]): SessionEvent {
  const make = EVENTS.get(first);
  return make?.(rest) ?? { type: 'message', message: messageOf(first, rest) };
}

type Make = (rest: readonly string[]) => SessionEvent;
const EVENTS: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['start', () => ({ type: 'start' })],
  ['stop', (rest) => stopOf(rest)],
  ['restart', (rest) => ({ ...stopOf(rest), restarting: true })],
  ['connected', () => ({ type: 'connected', identifier: wordOf('192.0.2.1') })],
  ['disconnected', (rest) => ({ type: 'disconnected', reason: rest.join(' ') })],
  ['timer', ([timer]) => ({ type: 'timer', timer: timer as TimerName })],
  ['malformed', (rest) => malformedOf(rest)],
  ['bfd', () => ({ type: 'bfdDown' })],
  ['blocked', () => ({ type: 'writable', writable: false })],
  ['drained', () => ({ type: 'writable', writable: true })],
  ['keepalive-time', ([time]) => ({ type: 'keepaliveTime', keepaliveTime: Number(time) })],
]);

function stopOf([subcode, ...text]: readonly string[]): Extract<SessionEvent, { type: 'stop' }> {
  const reason = text.length === 0 ? undefined : text.join(' ');
  return { type: 'stop', subcode: subcode as CeaseSubcode, reason };
}

function malformedOf([codes, ...text]: readonly string[]): SessionEvent {
  const [code, subcode] = codesOf(codes);
  const error = { code, subcode, data: new Uint8Array(0), reason: text.join(' ') };
  return { type: 'malformed', error };
}

function messageOf(
  name: string,
  rest: readonly string[],
): Extract<SessionEvent, { type: 'message' }>['message'] {
  switch (name) {
    case 'OPEN':
      return openOf(rest);
    case 'KEEPALIVE':
      return { type: 'keepalive' };
    case 'UPDATE':
      return {
        type: 'update',
        withdrawn: [],
        announced: [],
        attributes: undefined,
        endOfRib: undefined,
        faults: [],
      };
    case 'ROUTE-REFRESH': {
      const [afi = 0, safi = 0] = (rest[0] ?? '').split('/').map(Number);
      return { type: 'routeRefresh', afi, safi, subtype: 0 };
    }
    case 'NOTIFICATION': {
      const [code, subcode] = codesOf(rest[0]);
      const text = new TextEncoder().encode(rest.slice(1).join(' '));
      const detail = text.length === 0 ? [] : [text.length, ...text];
      return { type: 'notification', code, subcode, data: Uint8Array.from(detail) };
    }
    default:
      throw new Error(`no such event: ${name}`);
  }
}

function openOf(words: readonly string[]): Open {
  const said = keyed(words);
  return {
    type: 'open',
    asn: Number(said.get('as')),
    holdTime: Number(said.get('hold') ?? 90),
    identifier: wordOf(said.get('id') ?? '192.0.2.9'),
    capabilities: capabilitiesOf(said.get('capabilities') ?? ''),
  };
}

function capabilitiesOf(text: string): readonly Capability[] {
  return text
    .split(',')
    .filter((name) => name !== '')
    .map((name): Capability => {
      switch (name) {
        case 'ipv4':
        case 'ipv6':
          return { kind: 'multiprotocol', afi: name === 'ipv4' ? 1 : 2, safi: 1, family: name };
        case 'refresh':
          return { kind: 'routeRefresh' };
        case 'restart':
        case 'restarted':
        case 'restart-n': {
          const notification = name === 'restart-n';
          const restartTime = 120;
          return {
            kind: 'gracefulRestart',
            restarted: name === 'restarted',
            notification,
            restartTime,
            families: [],
          };
        }
        default:
          return { kind: 'fourOctetAsn', asn: Number(name.replace('as4:', '')) };
      }
    });
}

function spell(effect: SessionEffect): string {
  switch (effect.type) {
    case 'hangUp':
      return 'hang up';
    case 'send':
      return `send ${spellMessage(effect.message)}`;
    case 'setTimer':
      return `set ${effect.timer} ${effect.after / 1000}s`;
    case 'clearTimer':
      return `clear ${effect.timer}`;
    case 'up': {
      const { asnOctets, holdTime, families, routeRefresh } = effect.agreed;
      const names = Object.entries(families).flatMap(([name, spoken]) => (spoken ? [name] : []));
      const refresh = routeRefresh ? ' refresh' : '';
      return `up as-octets=${asnOctets} hold=${holdTime} ${names.join(' ')}${refresh}`;
    }
    case 'down':
      return `down from ${effect.from}, ${effect.reason.kind}: ${effect.reason.text}`;
    case 'refresh':
      return `send all ${effect.family} routes again`;
    case 'update':
      return 'take note of an UPDATE';
    case 'capabilitiesRefused':
      return 'say that the peer refuses capabilities';
    case 'dial':
      return 'dial';
  }
}

function spellMessage(message: Extract<SessionEffect, { type: 'send' }>['message']): string {
  switch (message.type) {
    case 'keepalive':
      return 'KEEPALIVE';
    case 'notification':
      return spellNotification(message);
    case 'open': {
      const { asn, holdTime, identifier, capabilities } = message;
      const id = ipFromBytes(Uint8Array.of(...octetsOf(identifier)));
      const names = capabilities.map(spellCapability).join(',');
      return `OPEN as=${asn} hold=${holdTime} id=${id} capabilities=${names}`;
    }
  }
}

function spellNotification({ code, subcode, data: detail }: Notification): string {
  const name = `NOTIFICATION ${code}/${subcode}`;
  if (detail.length === 0) return name;
  const isText = code === 6 && subcode !== 9;
  return isText
    ? `${name} ${new TextDecoder().decode(detail.subarray(1))}`
    : `${name} data=${Buffer.from(detail).toString('hex')}`;
}

function spellCapability(capability: Capability): string {
  switch (capability.kind) {
    case 'multiprotocol':
      return capability.family ?? `${capability.afi}/${capability.safi}`;
    case 'routeRefresh':
      return 'refresh';
    case 'gracefulRestart':
      if (capability.restarted) return 'restarted';
      return capability.notification ? 'restart-n' : 'restart';
    case 'fourOctetAsn':
      return `as4:${capability.asn}`;
    case 'unknown':
      return `code-${capability.code}`;
  }
}

function keyed(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    words.map((word) => {
      const [key = '', value = ''] = word.split('=');
      return [key, value];
    }),
  );
}

function codesOf(text = ''): readonly [number, number] {
  const [code = 0, subcode = 0] = text.split('/').map(Number);
  return [code, subcode];
}

function wordOf(address: string): number {
  const octets = ipToBytes(parseIp(address)!);
  return new DataView(octets.buffer, octets.byteOffset).getUint32(0);
}

function octetsOf(word: number): readonly number[] {
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
}
