import type { SessionRoutes } from '../../../runtime/bgp/index.ts';
import {
  type Acceptance,
  type Config,
  type ServiceView,
  isServed,
} from '../../../runtime/model/index.ts';
import { type Assignment, ControllerSimulation } from './controller.ts';
import type { ServiceOutlook } from '../plan-report.ts';
import { type BgpService, RouteBook, type ServiceRoutes } from './route-book.ts';
import type { Situation } from './situation.ts';
import { type Announcement, SpeakerSimulation } from './speakers.ts';

/** How a cluster stands under one configuration once controller and speakers have settled. */
export interface Forecast {
  /** Every Service of type LoadBalancer that these programs serve, by key, ascending. */
  readonly services: ReadonlyMap<string, ServiceOutlook>;
  /** By node; none where the nodes with speakers are not known. */
  readonly sessions: ReadonlyMap<string, readonly SessionRoutes[]>;
}

/** What follows from putting one configuration in the place of another one. */
export interface ChangeForecast {
  readonly before: Forecast;
  readonly after: Forecast;
  /**
   * Whether running programs take it. Those that refuse go on as before, and `after` is how things stand once they have
   * been started anew.
   */
  readonly acceptance: Acceptance;
}

/** How the programs come to the other configuration, and by which rules they then decide. */
export interface Transition {
  /** As they then see it; without a restart, as before. */
  readonly later: Situation;
  /** Whether they are started anew, as for other rules or in place of the original's. */
  readonly restart: boolean;
}

/**
 * What controller and speakers make of a configuration, started on the situation.
 *
 * @param config - `undefined`: there is none, and whatever Services carry stays
 * @internal
 */
export function forecast(config: Config | undefined, situation: Situation): Forecast {
  return outlook(config, situation, started(config, situation));
}

/** The same for two configurations, the second one coming into force after everything has settled under the first. */
export function forecastChange(
  [before, after]: readonly [Config | undefined, Config],
  situation: Situation,
  { later, restart }: Transition,
): ChangeForecast {
  const running = started(before, situation);
  const first = outlook(before, situation, running);
  const left = running.assignments();
  const acceptance: Acceptance = restart ? { kind: 'accepted' } : running.apply(after);
  const services = later.services.map((view) => ({ ...view, ...statusIn(left.get(view.key)) }));
  const anew = restart || acceptance.kind === 'refused';
  const second = outlook(after, later, anew ? started(after, { ...later, services }) : running);
  return { before: first, after: second, acceptance };
}

/** What the programs have written by then. */
function statusIn(
  left: Assignment | undefined,
): Partial<Pick<ServiceView, 'ingress' | 'hasLoadBalancerStatus'>> {
  if (left === undefined) return {};
  const { ingress, hasLoadBalancerStatus } = left.view;
  return { ingress, hasLoadBalancerStatus };
}

function started(config: Config | undefined, situation: Situation): ControllerSimulation {
  const controller = new ControllerSimulation(situation);
  if (config !== undefined) controller.apply(config);
  return controller;
}

function outlook(
  config: Config | undefined,
  situation: Situation,
  controller: ControllerSimulation,
): Forecast {
  const { compat, lbClass } = situation.rules;
  const served = [...controller.assignments().values()]
    .filter(({ view }) => view.type === 'LoadBalancer' && isServed(view, compat, lbClass))
    .sort((a, b) => (a.view.key < b.view.key ? -1 : 1));
  if (config === undefined) {
    const services = served.map((one) => [one.view.key, unconfigured(one)] as const);
    return { services: new Map(services), sessions: new Map() };
  }
  const speakers = new SpeakerSimulation(config, situation);
  const announced = served.map((one) => ({ one, said: speakers.announcementOf(one.view) }));
  const overBgp = announced.flatMap(({ one, said }) => bgpService(one, said) ?? []);
  const book = new RouteBook(config, situation, overBgp);
  const services = announced.map(
    ({ one, said }) => [one.view.key, outlookOf(one, said, book)] as const,
  );
  return { services: new Map(services), sessions: book.sessions() };
}

function unconfigured({ view }: Assignment): ServiceOutlook {
  return { addresses: view.ingress, remarks: ['there is no configuration yet'] };
}

function bgpService({ view }: Assignment, said: Announcement): BgpService | undefined {
  const { bgp: nodes, pool, addresses } = said;
  if (nodes === undefined || pool === undefined) return undefined;
  return { service: view.key, pool, addresses, nodes };
}

function outlookOf(one: Assignment, said: Announcement, book: RouteBook): ServiceOutlook {
  const { view, lease, remarks } = one;
  const pool = said.pool ?? lease?.pool;
  const { routes, remarks: unsent } = routesOf(bgpService(one, said), book);
  return {
    addresses: view.ingress,
    ...(pool !== undefined && { pool }),
    ...(said.layer2 && { layer2: said.layer2 }),
    ...(routes && { routes }),
    remarks: [...remarks.map(({ message }) => message), ...said.remarks, ...unsent],
  };
}

function routesOf(
  service: BgpService | undefined,
  book: RouteBook,
): Partial<ServiceRoutes> & Pick<ServiceRoutes, 'remarks'> {
  if (service === undefined) return { remarks: [] };
  const { routes, remarks } = book.of(service);
  const isUnheard = routes.length === 0 && remarks.length === 0 && service.nodes.length > 0;
  return { routes, remarks: isUnheard ? ['no peer is told of it'] : remarks };
}
