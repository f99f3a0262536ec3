/**
 * What a change of the configuration would do to the Services of a cluster.
 *
 * Controller and speakers are simulated with the decisions that they take in production, on the facts of the live
 * cluster, once with the configuration in force and once with the other one. What differs is the plan.
 *
 * @packageDocumentation
 */
export { type ChangeForecast, type Forecast, type Transition } from './simulation/forecast.ts';
export { type Desired, desiredByItself, desiredFrom } from './configuration/desired.ts';
export { type InForce, configurationInForce, legacyTextIn } from './configuration/in-force.ts';
export { type PlanInput, type Side, makePlan } from './plan.ts';
export type {
  Aspect,
  Layer2Outlook,
  ObjectChange,
  PlanReport,
  PlanVerdict,
  PlannedCluster,
  RenamedRequest,
  RouteOutlook,
  ServiceOutlook,
  ServicePlan,
  SessionChange,
} from './plan-report.ts';
export { type PlanTextOptions, planText } from './text.ts';
export type { Rules, Situation } from './simulation/situation.ts';
export { type WantedConfig, type WantedObjects, wantedConfig } from './configuration/wanted.ts';
