import { bfdLayerContract, spec } from '../contract/bfd-layer.contract.ts';
import { FakeBfdLayer } from '../support/fake-bfd-layer.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';

bfdLayerContract('FakeBfdLayer', async () => {
  const layer = new FakeBfdLayer();
  layer.deny('198.51.100.1' as IpAddress, 'bind: EADDRNOTAVAIL');
  return {
    layer,
    answer: () => layer.answer(spec.remote),
    cut: () => layer.cut(spec.remote),
    mend: () => layer.answer(spec.remote),
    retire: () => layer.retire(spec.remote),
    close: async () => {},
  };
});
