import { announcements } from '../../src/runtime/arp/index.ts';
import { announcement } from '../../src/runtime/ndp/index.ts';
import { type IpAddress, familyOf } from '../../src/runtime/net/index.ts';
import { linkLayerContract } from '../contract/link-layer.contract.ts';
import { asker, askerLinkLocal, solicit, us, whoHas } from '../support/frames.ts';
import { Tap, startLayer } from '../support/link-lab.ts';
import { Namespace, addIpv6, connect } from '../support/netns.ts';

const kernelAddress = '192.0.2.1' as IpAddress;
const isKernelsAnswer = (frame: Buffer): boolean =>
  frame.readUInt16BE(12) === 0x0806 &&
  frame[21] === 2 &&
  frame.toString('hex', 28, 32) === 'c0000201';

linkLayerContract('WorkerLinkLayer', async () => {
  const ours = new Namespace('ours');
  const theirs = new Namespace('theirs');
  connect(
    { namespace: ours, link: 'eth0', mac: us },
    { namespace: theirs, link: 'eth0', mac: asker },
  );
  ours.ip('address', 'add', kernelAddress, 'dev', 'eth0');
  const layer = await startLayer(ours);
  const tap = await Tap.start(theirs, 'eth0');
  return {
    layer,
    ask: async (ip) => {
      tap.send(familyOf(ip) === 'ipv4' ? whoHas({ target: { mac: us, ip } }) : solicit(ip));
      // The kernel takes frames in order: once it answered the next one, this one has arrived.
      await tap.ask(whoHas({ target: { mac: us, ip: kernelAddress } }), isKernelsAnswer);
    },
    claim: async (ip) => {
      const frames =
        familyOf(ip) === 'ipv4'
          ? announcements(asker, ip)
          : [announcement(asker, askerLinkLocal, ip)];
      for (const frame of frames) tap.send(frame);
      await tap.ask(whoHas({ target: { mac: us, ip: kernelAddress } }), isKernelsAnswer);
    },
    answerFor: (ip) => {
      if (familyOf(ip) === 'ipv6') addIpv6(theirs, `${ip}/128`, 'eth0');
      else theirs.ip('address', 'add', `${ip}/32`, 'dev', 'eth0');
    },
    pass: (duration) => new Promise((resolve) => setTimeout(resolve, duration)),
    close: async () => {
      await tap.stop();
      ours.delete();
      theirs.delete();
    },
  };
});
