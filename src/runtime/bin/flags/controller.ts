import { type Compat, atLeast } from '../../model/index.ts';
import type { Flag } from './go-flags.ts';
import {
  type Exit,
  type ProgramOptions,
  type Surroundings,
  fromEnvironment,
  programFlags,
  programOptions,
  readFlags,
} from './startup.ts';
import { WEBHOOK_FLAGS, type WebhookOptions, webhookOptions } from './webhook.ts';

/** The options of `metal-controller`. legacy.md §2.1, crd.md §3.7 */
export interface ControllerOptions extends ProgramOptions {
  /** The memberlist Secret to create; empty: none. */
  readonly mlSecretName: string;
  /** The Deployment that owns it. */
  readonly deployment: string;
  /** `METALLB_BGP_TYPE`: whose rules resources must follow; `none` before v0.13. crd.md §2.7 */
  readonly mode: 'none' | 'native' | 'frr';
  readonly webhook: WebhookOptions;
}

/** @param argv - without the names of the interpreter and the program */
export function controllerOptions(
  argv: readonly string[],
  around: Surroundings,
): { readonly kind: 'options'; readonly options: ControllerOptions } | Exit {
  const flags = readFlags('metal-controller', flagTable(around), argv);
  if (flags.kind === 'exit') return flags;
  const { values } = flags;
  const read = programOptions(values, around);
  if (read.kind === 'exit') return read;
  const { compat } = read.options;
  const options: ControllerOptions = {
    ...read.options,
    mlSecretName: String(values['ml-secret-name']),
    deployment: String(values['deployment']),
    mode: modeOf(compat, around),
    webhook: webhookOptions(values, compat),
  };
  return { kind: 'options', options };
}

/** Any other text is no reason to stop, as it is for a speaker. */
function modeOf(compat: Compat, { environment }: Surroundings): ControllerOptions['mode'] {
  if (!atLeast(compat, 'v0.13')) return 'none';
  const text = environment['METALLB_BGP_TYPE'] ?? 'native';
  return text === 'native' || text === 'frr' ? text : 'none';
}

function flagTable(around: Surroundings): readonly Flag[] {
  const secret = 'memberlist Secret to create if it is missing';
  return [
    ...programFlags(around),
    fromEnvironment(around, 'ml-secret-name', 'METALLB_ML_SECRET_NAME', secret),
    fromEnvironment(around, 'deployment', 'METALLB_DEPLOYMENT', 'Deployment to own that Secret'),
    ...WEBHOOK_FLAGS,
  ];
}
