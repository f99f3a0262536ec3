/**
 * The cluster by hand: `npm run cluster -- up 3`, then kubectl. A process of its own, the holder, keeps the cluster
 * in a private network and lets nothing of it live longer than itself; the commands find it through a state folder.
 *
 * @packageDocumentation
 */
export { commandLine } from './command-line.ts';
