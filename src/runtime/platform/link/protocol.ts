import type { IpAddress, MacAddress } from '../../net/index.ts';
import type { Counts, Ledger } from './ledger.ts';
import type { Link } from '../ports.ts';
import type { FilterInstruction } from '../socket/libc.ts';

export type ProtocolName = 'arp' | 'ndp';

/** A protocol on one link, by which both threads know the socket that serves it. */
export interface ResponderKey {
  readonly protocol: ProtocolName;
  readonly interfaceIndex: number;
}

/** Who asked for what, for the debug log. */
export interface AnsweredRequest {
  readonly interfaceName: string;
  readonly address: IpAddress;
  readonly senderIp: IpAddress;
  readonly senderMac: MacAddress;
  readonly responseMac: MacAddress;
}

/** What a protocol's package decides about frames; bin/link-worker.ts joins it to the sockets. */
export interface Protocol {
  readonly etherType: number;
  /** What the kernel passes on. */
  readonly filter: readonly FilterInstruction[];
  /** What answers on one link; asks `ledger` whose the target is. */
  responder(link: Link, ledger: Ledger): FrameResponder;
  /** The unsolicited frames that tell `link` where `address` is. */
  announcements(link: Link, address: IpAddress): readonly Uint8Array[];
}

/** The hot path of one link. */
export interface FrameResponder {
  /** The answer, valid until the next call, if the `length` octets of `frame` deserve one. */
  answer(frame: Uint8Array, length: number): Uint8Array | undefined;
  /** Reads a frame that was answered. */
  sender(frame: Uint8Array): { readonly mac: MacAddress; readonly ip: IpAddress };
}

/** From the program to the thread that holds the sockets. */
export type LinkCommand =
  | { readonly type: 'open'; readonly key: ResponderKey; readonly link: Link }
  | { readonly type: 'close'; readonly key: ResponderKey }
  | {
      readonly type: 'own';
      readonly address: IpAddress;
      readonly interfaces: readonly string[] | undefined;
    }
  | { readonly type: 'disown'; readonly address: IpAddress }
  | {
      readonly type: 'announce';
      readonly key: ResponderKey;
      readonly addresses: readonly IpAddress[];
    }
  /** Answered by `alive`, all counts before it. */
  | { readonly type: 'report' }
  | { readonly type: 'stop' };

/** From the thread that holds the sockets to the program. */
export type LinkReport =
  /** The descriptor to which eight octets are written to wake the thread, and all that it holds now. */
  | { readonly type: 'descriptors'; readonly wake: number; readonly held: readonly number[] }
  | { readonly type: 'links'; readonly links: readonly Link[] }
  | { readonly type: 'opened'; readonly key: ResponderKey }
  /** Opening failed, or the socket did later; nothing is answered there any more. */
  | { readonly type: 'failed'; readonly key: ResponderKey; readonly error: string }
  | { readonly type: 'counts'; readonly counts: readonly Counts[] }
  | { readonly type: 'answered'; readonly requests: readonly AnsweredRequest[] }
  | {
      readonly type: 'announcementFailed';
      readonly key: ResponderKey;
      readonly address: IpAddress;
      readonly error: string;
    }
  | { readonly type: 'alive' }
  | { readonly type: 'stopped' };
