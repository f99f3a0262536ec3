import { linkLayerContract } from '../contract/link-layer.contract.ts';
import { FakeLinkLayer, aLink } from '../support/fake-link-layer.ts';
import { asker } from '../support/frames.ts';
import { ManualClock } from '../support/manual-clock.ts';

linkLayerContract('FakeLinkLayer', async () => {
  const clock = new ManualClock();
  const layer = new FakeLinkLayer([aLink()], clock);
  return {
    layer,
    ask: async (address) => void layer.ask(address),
    claim: async (address) => layer.hear(address, asker, 'announcement'),
    answerFor: (address) => layer.answering.set(address, asker),
    pass: async (duration) => clock.advance(duration),
    close: async () => {},
  };
});
