// responder LINK IP idle|busy WORKER: the product's link layer alone, beside a main loop with nothing or too much to do.
import { pathToFileURL } from 'node:url';
import { WorkerLinkLayer } from '../../src/runtime/platform/index.ts';

const [name, address, load, worker] = process.argv.slice(2);
const layer = new WorkerLinkLayer({
  entry: pathToFileURL(worker),
  purpose: 'the benchmark',
  trace: false,
});
const end = new AbortController();
process.once('SIGTERM', () => end.abort());

/** A document that takes about 20 ms to parse. */
const document = JSON.stringify(
  Array.from({ length: 40_000 }, (_, i) => ({ name: `service-${i}`, port: i, ready: i % 2 === 0 })),
);

function keepBusy() {
  if (end.signal.aborted) return;
  JSON.parse(document);
  setImmediate(keepBusy);
}

const ignore = () => undefined;
let opened = false;
layer.own(address);
await layer.run(
  {
    links(links) {
      const link = links.find((candidate) => candidate.name === name);
      if (opened || !link?.up) return;
      opened = true;
      layer.open({ protocol: 'arp', interfaceIndex: link.index }, link);
    },
    opened() {
      console.log('ready');
      if (load === 'busy') keepBusy();
    },
    failed(_, error) {
      throw new Error(error);
    },
    counted: ignore,
    answered: ignore,
    announcementFailed: ignore,
    membershipFailed: ignore,
    sighted: ignore,
    handedOver: ignore,
    stoodStill: ignore,
  },
  end.signal,
);
