/**
 * The metrics page. Other packages say what happened through observers of their own; the catalogue alone knows what
 * Prometheus calls it, and {@link MetricsServer} serves it.
 *
 * @packageDocumentation
 */
export { Registry } from 'prom-client';
export { bfdMetrics } from './bfd.ts';
export { bgpMetrics } from './bgp.ts';
export {
  agreementMetric,
  controllerMetrics,
  coverageMetrics,
  familyMetrics,
  layer2Metrics,
  processMetrics,
  scrapeMetrics,
  sourceMetrics,
  speakerMetrics,
} from './catalogue.ts';
export { conflictMetrics } from './conflicts.ts';
export {
  type MemberEventObserver,
  isolationMetric,
  memberEventMetric,
  ringMetrics,
} from './membership.ts';
export { MetricsServer } from './server.ts';
export { webhookMetrics } from './webhook.ts';
