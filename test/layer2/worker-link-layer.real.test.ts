import { familyOf } from '../../src/runtime/net/index.ts';
import { linkLayerContract } from '../contract/link-layer.contract.ts';
import { asker, solicit, us, whoHas } from '../support/frames.ts';
import { Tap, startLayer } from '../support/link-lab.ts';
import { Namespace, connect } from '../support/netns.ts';

linkLayerContract('WorkerLinkLayer', async () => {
  const ours = new Namespace('ours');
  const theirs = new Namespace('theirs');
  connect(
    { namespace: ours, link: 'eth0', mac: us },
    { namespace: theirs, link: 'eth0', mac: asker },
  );
  const layer = await startLayer(ours);
  const tap = await Tap.start(theirs, 'eth0');
  return {
    layer,
    ask: (ip) =>
      tap.deliver(familyOf(ip) === 'ipv4' ? whoHas({ target: { mac: us, ip } }) : solicit(ip)),
    close: async () => {
      await tap.stop();
      ours.delete();
      theirs.delete();
    },
  };
});
