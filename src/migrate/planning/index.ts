/**
 * What a change of the configuration would do to the Services of a cluster.
 *
 * Controller and speakers are simulated with the decisions that they take in production, on the facts of the live
 * cluster, once with the configuration in force and once with the other one. What differs is the plan.
 *
 * @packageDocumentation
 */
export { type Desired, desiredByItself, desiredFrom } from './configuration/desired.ts';
export { configurationInForce, legacyTextIn } from './configuration/in-force.ts';
export { type Side, makePlan } from './plan.ts';
export type {
  Aspect,
  ObjectChange,
  PlanReport,
  PlannedCluster,
  RouteOutlook,
  ServiceOutlook,
  ServicePlan,
  SessionChange,
} from './plan-report.ts';
export { planText } from './text.ts';
export type { Rules, Situation } from './simulation/situation.ts';
export { wantedConfig } from './configuration/wanted.ts';
