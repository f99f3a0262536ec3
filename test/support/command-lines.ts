import { inspect } from 'node:util';
import {
  type ControllerOptions,
  type Exit,
  type SpeakerOptions,
  controllerOptions,
  speakerOptions,
} from '../../src/runtime/bin/flags/index.ts';

export type Environment = Record<string, string>;

export const POD: { readonly podNamespace: string } = { podNamespace: 'metallb-system' };
export const NODE: Environment = { METALLB_NODE_NAME: 'alpha' };

/** What the controller makes of a command line in a pod. */
export function controller(
  argv: string[],
  environment: Environment = {},
): { readonly kind: 'options'; readonly options: ControllerOptions } | Exit {
  return controllerOptions(argv, { environment, ...POD });
}

/** What the speaker makes of a command line in a pod on the node `alpha`. */
export function speaker(
  argv: string[],
  environment: Environment = NODE,
): { readonly kind: 'options'; readonly options: SpeakerOptions } | Exit {
  return speakerOptions(argv, { environment, ...POD });
}

export function speakerStarts(argv: string[], environment?: Environment): SpeakerOptions {
  const line = speaker(argv, environment);
  if (line.kind === 'exit') throw new Error(`exits: ${line.stderr}${inspect(line.log)}`);
  return line.options;
}

export function exitOf(line: { kind: 'options' } | Exit): Exit {
  if (line.kind === 'options') throw new Error('starts');
  return line;
}
