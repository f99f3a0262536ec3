/**
 * Which route goes to which peer of this node, and with which attributes, and how the peers are told.
 *
 * {@link exportPolicy} reads the configuration once for a node: the {@link Session}s it runs, and what each pool's
 * advertisements say to each of them. {@link RouteTable} holds the addresses that the node announces and tells, for every
 * change of one Service, the routes that change; {@link routesFor} is the same from nothing. {@link Attributes} with one
 * text are one object, so that routes can be packed by it. {@link BgpSpeaker} keeps the sessions of a node and what each is
 * sent in step with both; {@link openPeer} runs one session. Whether a Service is announced at all is the speaker's business.
 * legacy.md §6, crd.md §2.3, §2.5, §3.4
 *
 * @packageDocumentation
 */
export type { Attributes } from './attributes.ts';
export type { DownReason, GracefulRestart, SessionState } from './fsm/fsm.ts';
export type { Dialer } from './peering/dialer.ts';
export type { SessionObserver } from './peering/observer.ts';
export { openPeer, peerLabel } from './peering/open-peer.ts';
export type { PeeringFeatures } from './peering/settings.ts';
export { Turns } from './peering/turns.ts';
export { type ExportPolicy, exportPolicy } from './policy.ts';
export { type SessionRoutes, routesFor } from './routes.ts';
export type { BgpMode, BgpRules } from './rules.ts';
export type { Session } from './session.ts';
export type { OpenSession } from './speaker/node-sessions.ts';
export { BgpSpeaker, type SessionFigures } from './speaker/speaker.ts';
export type { AnnouncedService } from './table.ts';
