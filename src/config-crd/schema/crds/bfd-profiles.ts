import type { CustomResourceDefinition, StructuralSchema } from '../definition.ts';
import { flag, int32, object } from './fields.ts';
import { customResourceDefinition, version } from './resource.ts';

/** crd.md §1.6; the defaults are not the schema's. */
export const BFD_PROFILES: CustomResourceDefinition = customResourceDefinition({
  kind: 'BFDProfile',
  plural: 'bfdprofiles',
  versions: [
    version({
      name: 'v1beta1',
      description: 'How BFD (RFC 5880) watches the path to the BGPPeers that name this profile.',
      spec: object('Intervals and limits of the BFD session.', {
        detectMultiplier: int32('Packets that may be missed in a row; 3 if not given.', {
          minimum: 2,
          maximum: 255,
        }),
        echoInterval: interval('Time between echo packets, in ms; 50 if not given.'),
        echoMode: flag('Whether echo packets are sent.'),
        minimumTtl: int32(
          'For a peer several hops away, the least TTL to accept; 254 if not given.',
          {
            minimum: 1,
            maximum: 254,
          },
        ),
        passiveMode: flag('Whether to wait for the peer to speak first.'),
        receiveInterval: interval(
          'Least time between packets of the peer, in ms; 300 if not given.',
        ),
        transmitInterval: interval(
          'Least time between packets to the peer, in ms; 300 if not given.',
        ),
      }),
      columns: [
        { name: 'Passive Mode', type: 'boolean', jsonPath: '.spec.passiveMode' },
        { name: 'Transmit Interval', type: 'integer', jsonPath: '.spec.transmitInterval' },
        { name: 'Receive Interval', type: 'integer', jsonPath: '.spec.receiveInterval' },
        { name: 'Multiplier', type: 'integer', jsonPath: '.spec.detectMultiplier' },
      ],
    }),
  ],
});

function interval(description: string): StructuralSchema {
  return int32(description, { minimum: 10, maximum: 60000 });
}
