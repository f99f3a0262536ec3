import type { IpAddress } from '../../net/index.ts';
import type { Random } from '../ports.ts';
import type { ThreadCommand, ThreadReport } from '../socket/socket-thread.ts';

/** RFC 5880 §4.1 */
export type SessionState = 'adminDown' | 'down' | 'init' | 'up';

/** A profile with all that was left out filled in; intervals in milliseconds. crd.md §1.6 */
export interface Profile {
  readonly name: string;
  readonly receiveIntervalMs: number;
  readonly transmitIntervalMs: number;
  readonly detectMultiplier: number;
  readonly echoIntervalMs: number;
  readonly echoMode: boolean;
  readonly passiveMode: boolean;
  readonly minimumTTL: number;
}

/** Between whom a session is; the port of the package bfd tells of each. */
export interface SessionSpec {
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly interface?: string;
  readonly vrf?: string;
  readonly multihop: boolean;
  readonly profile: Profile;
}

/** Totals of one session since it was set. */
export interface SessionCounts {
  readonly key: string;
  readonly state: SessionState;
  readonly controlIn: number;
  readonly controlOut: number;
  readonly echoIn: number;
  readonly echoOut: number;
  readonly upEvents: number;
  readonly downEvents: number;
  readonly notifications: number;
}

/** By which session a received packet is meant; 0 where the peer does not know yet. */
export interface Addressed {
  readonly yourDiscriminator: number;
}

/** Of an echo packet of ours. */
export interface EchoContents {
  readonly discriminator: number;
  readonly sequence: number;
}

export type SessionEvent<Packet, Settings> =
  | { readonly type: 'received'; readonly packet: Packet }
  | { readonly type: 'echoReturned'; readonly sequence: number }
  | { readonly type: 'echoReady'; readonly ready: boolean }
  | { readonly type: 'tick' }
  | { readonly type: 'configure'; readonly settings: Settings }
  | { readonly type: 'adminDown' };

export type SessionEffect<Packet> =
  | { readonly type: 'send'; readonly packet: Packet }
  | { readonly type: 'sendEcho'; readonly sequence: number }
  | {
      readonly type: 'changed';
      readonly state: SessionState;
      readonly diagnostic: number;
      readonly remoteState: SessionState;
    }
  /** In milliseconds, from now. */
  | { readonly type: 'wake'; readonly after: number };

/** What decides, given events and the time in milliseconds. */
export interface Session<Packet, Settings> {
  readonly discriminator: number;
  readonly state: SessionState;
  handle(event: SessionEvent<Packet, Settings>, now: number): readonly SessionEffect<Packet>[];
}

/** What the package bfd decides; bin/bfd-worker.ts joins it to the sockets. */
export interface BfdProtocol<Packet extends Addressed, Settings> {
  /** `forwards`: whether this machine returns the echo packets of others, as a router does. */
  settingsOf(spec: SessionSpec, forwards: boolean): Settings;
  session(identity: {
    readonly discriminator: number;
    readonly settings: Settings;
    readonly random: Random;
  }): Session<Packet, Settings>;
  /** `undefined` for what is to be dropped. Never throws. */
  decode(octets: Uint8Array): Packet | undefined;
  encode(packet: Packet): Uint8Array;
  decodeEcho(octets: Uint8Array): EchoContents | undefined;
  encodeEcho(echo: EchoContents): Uint8Array;
}

/** From the program to the thread that holds the sockets. */
export type BfdCommand =
  | { readonly type: 'set'; readonly key: string; readonly spec: SessionSpec }
  | { readonly type: 'delete'; readonly key: string }
  | ThreadCommand;

/** From the thread that holds the sockets to the program. */
export type BfdReport =
  | { readonly type: 'started'; readonly key: string }
  | {
      readonly type: 'failed';
      readonly key: string;
      readonly error: string;
      /** The UDP port that somebody else holds, if that is why. */
      readonly heldPort: number | undefined;
    }
  | {
      readonly type: 'changed';
      readonly key: string;
      readonly state: SessionState;
      readonly diagnostic: number;
      readonly remoteState: SessionState;
    }
  | { readonly type: 'counts'; readonly counts: readonly SessionCounts[] }
  | ThreadReport;
