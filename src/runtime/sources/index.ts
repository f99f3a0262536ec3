/**
 * Where the configuration comes from, and what becomes of it.
 *
 * A source only finds texts: {@link ConfigMapListener} in the cluster, {@link FileSource} in a file that may be caught
 * half-written. The {@link ConfigKeeper} reads them, offers them to the one that works with them, keeps the last good
 * one in force, and tells the log, the gauges and the ConfigMap's Events what is wrong and where.
 *
 * @packageDocumentation
 */
export { SOURCE_KINDS, type SourceChoice, type SourceKind, chooseSource } from './choice.ts';
export { ConfigMapListener, configMapDocument } from './config-map.ts';
export { FileSource } from './file.ts';
export { ConfigKeeper, type SourceObserver } from './keeper.ts';
