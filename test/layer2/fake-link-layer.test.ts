import { linkLayerContract } from '../contract/link-layer.contract.ts';
import { FakeLinkLayer } from '../support/fake-link-layer.ts';

linkLayerContract('FakeLinkLayer', async () => {
  const layer = new FakeLinkLayer();
  return {
    layer,
    ask: async (address) => void layer.ask(address),
    close: async () => {},
  };
});
