import type { Notification } from '../wire/message.ts';
import { encodeCommunication } from '../wire/notification/communication.ts';
import type { Agreed, CeaseSubcode, Stop } from './fsm.ts';

const CEASE = 6;
const HARD_RESET = 9;

/** RFC 4486 §4, RFC 9384 §5 */
const SUBCODES: Readonly<Record<CeaseSubcode, number>> = {
  administrativeShutdown: 2,
  peerDeconfigured: 3,
  administrativeReset: 4,
  otherConfigurationChange: 6,
  bfdDown: 10,
};

/** Those that carry a text. RFC 9003 §2 */
const WITH_TEXT: ReadonlySet<CeaseSubcode> = new Set([
  'administrativeShutdown',
  'administrativeReset',
]);

/** Those after which nobody comes back soon, so that no route is to be kept. RFC 8538 §4 */
const FOR_GOOD: ReadonlySet<CeaseSubcode> = new Set(['administrativeShutdown', 'peerDeconfigured']);

/** The NOTIFICATION of code Cease. A peer that keeps routes over one is told when not to, by a Hard Reset. RFC 8538 §3 */
export function ceaseOf(stop: Omit<Stop, 'type'>, agreed?: Agreed): Notification {
  const { subcode: name, reason, restarting = false } = stop;
  const subcode = SUBCODES[name];
  const data =
    reason === undefined || !WITH_TEXT.has(name) ? new Uint8Array(0) : encodeCommunication(reason);
  const hard = agreed?.gracefulNotification === true && FOR_GOOD.has(name) && !restarting;
  return hard
    ? notification(HARD_RESET, Uint8Array.of(CEASE, subcode, ...data))
    : notification(subcode, data);
}

function notification(subcode: number, data: Uint8Array): Notification {
  return { type: 'notification', code: CEASE, subcode, data };
}
