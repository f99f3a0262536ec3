import type { Duration } from '../../platform/ports.ts';
import { MessageType } from '../wire/header.ts';
import type { Message, Notification, WireError } from '../wire/message.ts';
import { describeNotification } from '../wire/notification/communication.ts';
import { notificationText } from '../wire/notification/text.ts';
import { ceaseOf } from './cease.ts';
import type { Agreed, DownReason, SessionState, Stop } from './fsm.ts';

/** How an attempt or a session ends. */
export interface Ending {
  readonly reason: DownReason;
  /** Goes out before the connection is ended. */
  readonly notification?: Notification;
  /** There is no connection to end. */
  readonly gone?: boolean;
}

type Code = readonly [code: number, subcode: number];

const HOLD_TIMER_EXPIRED: Code = [4, 0];
const SEND_HOLD_TIMER_EXPIRED: Code = [8, 0];

/** RFC 6608 §3 */
const UNEXPECTED: Readonly<Partial<Record<SessionState, Code>>> = {
  openSent: [5, 1],
  openConfirm: [5, 2],
  established: [5, 3],
};
const NAMES: Readonly<Record<Message['type'], string>> = {
  open: 'OPEN',
  update: 'UPDATE',
  notification: 'NOTIFICATION',
  keepalive: 'KEEPALIVE',
  routeRefresh: 'ROUTE-REFRESH',
};

export function stopped({ reason }: Stop): DownReason {
  return { kind: 'stopped', text: reason ?? 'stopped' };
}

export function notConnected(text: string): Ending {
  return { reason: { kind: 'connectFailed', text }, gone: true };
}

export function disconnected(text: string): Ending {
  return { reason: { kind: 'connectionLost', text }, gone: true };
}

/** The deadline of an attempt has passed. */
export function unanswered(state: SessionState, after: Duration): Ending {
  const text = (what: string): string => `no ${what} within ${after / 1000} s`;
  switch (state) {
    case 'openSent':
      return expired(text(NAMES.open));
    case 'openConfirm':
      return expired(text(NAMES.keepalive));
    default:
      return { reason: { kind: 'connectFailed', text: text('connection') } };
  }
}

/** RFC 4271 §6.5 */
export function silent(holdTime: number): Ending {
  return expired(`nothing heard for ${holdTime} s`);
}

/** RFC 9687 */
export function unread(sendHoldTime: number): Ending {
  const text = `peer took nothing for ${sendHoldTime} s`;
  return ending('sent', text, SEND_HOLD_TIMER_EXPIRED);
}

/** RFC 4271 §6.6, RFC 6608 §3 */
export function unexpected(state: SessionState, message: Message): Ending {
  const code = UNEXPECTED[state] ?? [5, 0];
  const text = `${notificationText(...code)}: ${NAMES[message.type]}`;
  return ending('sent', text, code, Uint8Array.of(MessageType[message.type]));
}

export function refused({ code, subcode, data: detail, reason }: WireError): Ending {
  return ending('sent', reason, [code, subcode], detail);
}

export function notified(message: Notification): Ending {
  const { code, subcode } = message;
  const text = describeNotification(message);
  return { reason: { kind: 'received', text, notification: { code, subcode } } };
}

/** RFC 5882 §4.2 */
export function unreachable(agreed: Agreed | undefined): Ending {
  const notification = ceaseOf({ subcode: 'bfdDown', reason: undefined }, agreed);
  return { reason: { kind: 'bfdDown', text: 'BFD session is down' }, notification };
}

function expired(text: string): Ending {
  return ending('holdTimerExpired', text, HOLD_TIMER_EXPIRED);
}

function ending(
  kind: DownReason['kind'],
  text: string,
  [code, subcode]: Code,
  detail: Uint8Array = new Uint8Array(0),
): Ending {
  return {
    reason: { kind, text, notification: { code, subcode } },
    notification: { type: 'notification', code, subcode, data: detail },
  };
}
