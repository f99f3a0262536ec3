import { SocketTransport } from '../../src/runtime/gossip/transport.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { transportContract } from '../contract/transport.contract.ts';
import { FakeNetwork } from '../support/gossip-transport.ts';

transportContract('FakeNetwork', '192.0.2.1' as IpAddress, (clock) => new FakeNetwork(clock));
transportContract(
  'SocketTransport',
  '127.0.0.1' as IpAddress,
  (clock) => new SocketTransport(clock),
);
