/**
 * Command lines and environments of the programs, read as the original reads them. Nothing here touches the process:
 * what is wrong comes back as the {@link Exit} to take, or as the fault to log.
 *
 * @packageDocumentation
 */
export { type ControllerOptions, controllerCommandLine } from './controller.ts';
export { type SpeakerOptions, speakerCommandLine } from './speaker.ts';
export type { Exit, ProgramOptions, Start, Surroundings } from './startup.ts';
