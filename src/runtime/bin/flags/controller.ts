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

/** The options of `metal-controller`. legacy.md §2.1 */
export interface ControllerOptions extends ProgramOptions {
  /** The memberlist Secret to create; empty: none. */
  readonly mlSecretName: string;
  /** The Deployment that owns it. */
  readonly deployment: string;
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
  const mlSecretName = String(values['ml-secret-name']);
  const deployment = String(values['deployment']);
  return { kind: 'options', options: { ...read.options, mlSecretName, deployment } };
}

function flagTable(around: Surroundings): readonly Flag[] {
  const secret = 'memberlist Secret to create if it is missing';
  return [
    ...programFlags(around),
    fromEnvironment(around, 'ml-secret-name', 'METALLB_ML_SECRET_NAME', secret),
    fromEnvironment(around, 'deployment', 'METALLB_DEPLOYMENT', 'Deployment to own that Secret'),
  ];
}
