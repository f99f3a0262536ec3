import { SocketTransport } from '../../src/runtime/gossip/transport.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { transportContract } from '../contract/transport.contract.ts';

// Not every machine that runs the other tests has IPv6.
transportContract(
  'SocketTransport with IPv6',
  '::1' as IpAddress,
  (clock) => new SocketTransport(clock),
);
