/**
 * What a change of the configuration would do to the Services of a cluster.
 *
 * Controller and speakers are simulated with the decisions that they take in production, on the facts of the live
 * cluster, once with the configuration in force and once with the other one. What differs is the plan.
 *
 * @packageDocumentation
 */
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
