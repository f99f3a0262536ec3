import { type Compat, atLeast } from '../../model/index.ts';
import type { Flag, FlagValues } from './go-flags.ts';

const MODES = ['enabled', 'disabled', 'onlywebhook'] as const;

/** The admission and conversion webhooks of the controller. crd.md §3.7 */
export interface WebhookOptions {
  /** `onlywebhook`: this process assigns no addresses. */
  readonly mode: (typeof MODES)[number];
  /** Where a certificate lies that somebody else keeps; without rotation only. */
  readonly certDir: string;
  /** The Service that the API server calls, which the certificate must name. */
  readonly certServiceName: string;
  /** Whether the certificate is made and renewed here. */
  readonly rotate: boolean;
  /** Whether HTTP/2 is offered beside HTTP/1.1. */
  readonly http2: boolean;
}

export const WEBHOOK_FLAGS: readonly Flag[] = [
  {
    name: 'webhook-mode',
    type: 'string',
    value: '',
    choices: MODES,
    meaning: 'enabled, disabled or onlywebhook; enabled with --compat=v0.13, disabled otherwise',
  },
  {
    name: 'cert-dir',
    type: 'string',
    value: '/tmp/k8s-webhook-server/serving-certs',
    meaning: 'directory of tls.crt and tls.key, with --disable-cert-rotation',
  },
  {
    name: 'cert-service-name',
    type: 'string',
    value: 'webhook-service',
    meaning: 'Service of the webhooks, which the certificate names',
  },
  {
    name: 'disable-cert-rotation',
    type: 'bool',
    value: false,
    meaning: 'neither make nor renew the certificate of the webhooks',
  },
  {
    name: 'webhook-http2',
    type: 'bool',
    value: false,
    meaning: 'serve the webhooks on HTTP/2 too',
  },
];

export function webhookOptions(values: FlagValues, compat: Compat): WebhookOptions {
  const usual = atLeast(compat, 'v0.13') ? 'enabled' : 'disabled';
  return {
    mode: MODES.find((mode) => mode === values['webhook-mode']) ?? usual,
    certDir: String(values['cert-dir']),
    certServiceName: String(values['cert-service-name']),
    rotate: values['disable-cert-rotation'] !== true,
    http2: values['webhook-http2'] === true,
  };
}
