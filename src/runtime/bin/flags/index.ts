/**
 * Command lines and environments of the programs, read as the original reads them. Nothing here touches the process:
 * what is wrong comes back as the {@link Exit} to take.
 *
 * @packageDocumentation
 */
export type { BgpFlags } from './bgp.ts';
export { type ControllerOptions, controllerOptions } from './controller.ts';
export {
  type Layer2Flags,
  type MemberlistFlags,
  type SpeakerOptions,
  speakerOptions,
} from './speaker.ts';
export type { Exit, Surroundings } from './startup.ts';
