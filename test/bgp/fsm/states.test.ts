import { expect, test } from 'vitest';
import type { SessionEffect, SessionSettings } from '../../../src/runtime/bgp/fsm/fsm.ts';
import { SessionMachine } from '../../../src/runtime/bgp/fsm/machine.ts';
import { eventOf } from '../../support/bgp/transcript.ts';

const settings: SessionSettings = {
  localAsn: 64512,
  peerAsn: 64513,
  holdTime: 90,
  keepaliveTime: undefined,
  capabilities: [],
};

/** How a session gets into each state; `waiting` is idle until the next attempt. */
const WAYS = {
  idle: [],
  waiting: ['start', 'disconnected connection refused'],
  connect: ['start'],
  openSent: ['start', 'connected'],
  openConfirm: ['start', 'connected', 'OPEN as=64513'],
  established: ['start', 'connected', 'OPEN as=64513', 'KEEPALIVE'],
} as const;
type Column = keyof typeof WAYS;
const COLUMNS = Object.keys(WAYS) as readonly Column[];

/**
 * What each event leads to: the state after it, behind what is sent on the way. A dot: nothing is done at all, a plus: something is, in
 * the same state. RFC 4271 §8.2.2, RFC 6608
 */
const TABLE = `
event                        | idle    | waiting | connect  | openSent            | openConfirm         | established
start                        | connect | .       | .        | .                   | .                   | .
stop administrativeShutdown  | .       | idle    | idle     | 6/2 idle            | 6/2 idle            | 6/2 idle
stop peerDeconfigured        | .       | idle    | idle     | 6/3 idle            | 6/3 idle            | 6/3 idle
stop administrativeReset     | .       | idle    | idle     | 6/4 idle            | 6/4 idle            | 6/4 idle
stop otherConfigurationChange| .       | idle    | idle     | 6/6 idle            | 6/6 idle            | 6/6 idle
stop bfdDown                 | .       | idle    | idle     | 6/10 idle           | 6/10 idle           | 6/10 idle
restart administrativeReset  | .       | idle    | idle     | 6/4 idle            | 6/4 idle            | 6/4 idle
connected                    | .       | .       | openSent | .                   | .                   | .
disconnected reset           | .       | .       | waiting  | waiting             | waiting             | waiting
timer idleHold               | .       | connect | .        | .                   | .                   | .
timer dial                   | .       | .       | waiting  | 4/0 waiting         | .                   | .
timer hold                   | .       | .       | .        | .                   | 4/0 waiting         | 4/0 waiting
timer keepalive              | .       | .       | .        | .                   | keepalive +         | keepalive +
timer sendHold               | .       | .       | .        | .                   | .                   | .
timer stable                 | .       | .       | .        | .                   | .                   | .
OPEN as=64513                | .       | .       | .        | keepalive openConfirm | 5/2 waiting       | 5/3 waiting
OPEN as=64999                | .       | .       | .        | 2/2 waiting         | 5/2 waiting         | 5/3 waiting
KEEPALIVE                    | .       | .       | .        | 5/1 waiting         | established         | +
UPDATE                       | .       | .       | .        | 5/1 waiting         | 5/2 waiting         | +
ROUTE-REFRESH 1/1            | .       | .       | .        | 5/1 waiting         | 5/2 waiting         | +
NOTIFICATION 6/4             | .       | .       | .        | waiting             | waiting             | waiting
NOTIFICATION 2/1             | .       | .       | .        | waiting             | waiting             | waiting
NOTIFICATION 2/7             | .       | .       | .        | waiting             | waiting             | waiting
malformed 1/1 no marker      | .       | .       | .        | 1/1 waiting         | 1/1 waiting         | 1/1 waiting
bfd down                     | .       | .       | .        | 6/10 waiting        | 6/10 waiting        | 6/10 waiting
blocked                      | .       | .       | .        | .                   | .                   | +
drained                      | .       | .       | .        | .                   | .                   | .
keepalive-time 10            | .       | .       | .        | .                   | +                   | +
`;

const cases = TABLE.trim()
  .split('\n')
  .slice(1)
  .flatMap((row) => {
    const [event = '', ...cells] = row.split('|').map((cell) => cell.trim());
    return COLUMNS.map((column, index) => [event, column, cells[index] ?? ''] as const);
  });

test.each(cases)('%s in state %s: %s', (event, column, expected) => {
  const machine = new SessionMachine(settings);
  const before = WAYS[column].flatMap((step) => machine.handle(eventOf(step.split(' '))));
  const effects = machine.handle(eventOf(event.split(' ')));
  const after = stateOf(machine, [...before, ...effects]);
  const state = after !== column ? [after] : effects.length > 0 ? ['+'] : ['.'];
  expect([...effects.flatMap(sentBy), ...state].join(' ')).toBe(expected);
});

function sentBy(effect: SessionEffect): readonly string[] {
  if (effect.type !== 'send') return [];
  const { message } = effect;
  if (message.type === 'notification') return [`${message.code}/${message.subcode}`];
  // What every connection begins with says nothing about the event.
  return message.type === 'open' ? [] : [message.type];
}

/** The state, and whether an idle session waits for its next attempt. */
function stateOf({ state }: SessionMachine, effects: readonly SessionEffect[]): Column {
  const last = effects.findLast(({ type }) => type === 'setTimer' || type === 'clearTimer');
  const waits = last?.type === 'setTimer' && last.timer === 'idleHold';
  return state === 'idle' && waits ? 'waiting' : state;
}
