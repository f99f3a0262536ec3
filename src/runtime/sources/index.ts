/**
 * Where the configuration comes from, and what becomes of it.
 *
 * A source only finds: {@link ConfigMapListener} a text in the cluster, {@link FileSource} one in a file that may be
 * caught half-written, {@link ResourceSource} the v0.13 resources. {@link LegacyReader} and {@link ResourceReader} turn
 * what was found into findings in the one model; the {@link ParityGuard} compares two and picks one. The
 * {@link ConfigKeeper} offers it to the one that works with it, keeps the last good one in force, and tells the log,
 * the gauges and the Events of the object concerned what is wrong and where.
 *
 * @packageDocumentation
 */
export { SOURCE_KINDS, type SourceChoice, type SourceKind, chooseSource } from './choice.ts';
export { ConfigMapListener, configMapDocument } from './config-map.ts';
export { FileSource } from './file.ts';
export { ConfigKeeper, type SourceObserver } from './keeper.ts';
export { LegacyReader } from './legacy-reader.ts';
export { type AgreementObserver, ParityGuard } from './parity-guard.ts';
export { kindSources } from './resources/kinds.ts';
export { SECRETS_OF_PEERS, observe, secretContent } from './resources/observed.ts';
export { type ReadingListener, ResourceReader } from './resources/reader.ts';
export { ResourceSource } from './resources/source.ts';
