import { ExitCode, say } from '../speech.ts';
import type { Host, StateFolder } from '../state/state-folder.ts';

/** Tells what runs. */
export function status(folder: StateFolder): number {
  const state = folder.read();
  if (!folder.held) {
    const left = `no cluster is up; one of ${state?.since ?? ''} ended by itself: see logs, then down`;
    say(state === undefined ? 'no cluster is up' : left);
    return ExitCode.Failed;
  }
  if (state?.running === undefined) {
    say('a cluster is starting, or ending');
    return ExitCode.Failed;
  }
  const { api, nodes, client } = state.running;
  const hosts = [...nodes, client].map(({ name, address }: Host) => `${name} ${address}`);
  say(`up since ${state.since}, held by process ${state.holder}`);
  say(`API server ${api}, KUBECONFIG=${folder.kubeconfig}`);
  say(hosts.join('\n'));
  return ExitCode.Done;
}
