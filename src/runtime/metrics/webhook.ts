import { Counter, Gauge, type Registry } from 'prom-client';
import type { WebhookObserver } from '../webhook/index.ts';

/** The original counts nothing of its webhooks; these names are ours. */
export function webhookMetrics(register: Registry): WebhookObserver {
  const registers = [register];
  const ready = new Gauge({
    name: 'metallb_webhook_ready_bool',
    help: '1 if admission and conversion requests of the API server are answered',
    registers,
  });
  const expiry = new Gauge({
    name: 'metallb_webhook_certificate_expiry_timestamp_seconds',
    help: 'When the certificate that the webhook shows ends; 0 without one',
    registers,
  });
  const reviews = new Counter({
    name: 'metallb_webhook_reviews_total',
    help: 'Writes that the webhook judged',
    labelNames: ['kind', 'verdict'] as const,
    registers,
  });
  const conversions = new Counter({
    name: 'metallb_webhook_conversions_total',
    help: 'Conversion requests that the webhook answered',
    labelNames: ['outcome'] as const,
    registers,
  });
  return {
    reviewed: (kind, verdict) => reviews.inc({ kind, verdict }),
    converted: (outcome) => conversions.inc({ outcome }),
    serving: (now) => ready.set(now ? 1 : 0),
    certificateExpires: (at) => expiry.set(at),
  };
}
