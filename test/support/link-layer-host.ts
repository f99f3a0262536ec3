/** A program for a network namespace: lends its WorkerLinkLayer to a test, in JSON lines. */
import { createInterface } from 'node:readline';
import type { LinkEvents, LinkLayer } from '../../src/runtime/layer2/index.ts';
import { WorkerLinkLayer } from '../../src/runtime/platform/index.ts';

/** A method of the layer and its arguments; `run` and `stop` take none. */
export interface LayerCall {
  readonly call: keyof LinkLayer | 'stop';
  readonly args: readonly unknown[];
}

/** An event and its arguments, or the end of a call that has one. */
export interface LayerEvent {
  readonly event: keyof LinkEvents | 'reported' | 'ended';
  readonly args: readonly unknown[];
}

const [worker = ''] = process.argv.slice(2);
const layer = new WorkerLinkLayer({ entry: new URL(worker), purpose: 'the test', trace: false });
const end = new AbortController();

const tell = (event: LayerEvent['event'], ...args: readonly unknown[]): void =>
  void process.stdout.write(`${JSON.stringify({ event, args })}\n`);

const events: LinkEvents = {
  links: (...args) => tell('links', ...args),
  opened: (...args) => tell('opened', ...args),
  failed: (...args) => tell('failed', ...args),
  counted: (...args) => tell('counted', ...args),
  answered: (...args) => tell('answered', ...args),
  announcementFailed: (...args) => tell('announcementFailed', ...args),
  membershipFailed: (...args) => tell('membershipFailed', ...args),
  sighted: (...args) => tell('sighted', ...args),
  handedOver: (...args) => tell('handedOver', ...args),
  stoodStill: (...args) => tell('stoodStill', ...args),
};

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const { call, args } = JSON.parse(line) as LayerCall;
  if (call === 'stop') end.abort();
  else if (call === 'report') void layer.report().then(() => tell('reported'));
  else if (call === 'run') {
    void layer.run(events, end.signal).then(() => {
      tell('ended');
      input.close();
    });
  } else (layer[call] as (...args: readonly unknown[]) => void).apply(layer, [...args]);
});
