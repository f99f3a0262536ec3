/**
 * A folder of manifests in the place of a Kubernetes cluster.
 *
 * {@link Folder} watches the directory and hands over whole files only; `picture` puts their objects together
 * the way an API server would show them; {@link FolderCluster} tells listeners what changed, takes assigned
 * addresses and keeps them in a state file across restarts. What is broken is reported with its place, and the
 * last good content of that file stays in force.
 *
 * @packageDocumentation
 */
export { FolderCluster, type FolderObserver, type ServiceListener } from './cluster.ts';
export { Folder } from './folder.ts';
export { recallState } from './state-keeper.ts';
export { type Row, renderTable } from './table.ts';
