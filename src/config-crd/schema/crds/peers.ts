import type { CustomResourceDefinition, PrinterColumn, StructuralSchema } from '../definition.ts';
import { flag, integer, object, text, uint32 } from './fields.ts';
import { customResourceDefinition, version } from './resource.ts';
import { listingSelectors, selectors } from './selector.ts';

const COLUMNS: readonly PrinterColumn[] = [
  { name: 'Address', type: 'string', jsonPath: '.spec.peerAddress' },
  { name: 'ASN', type: 'string', jsonPath: '.spec.peerASN' },
  { name: 'BFD Profile', type: 'string', jsonPath: '.spec.bfdProfile' },
  { name: 'Multi Hops', type: 'string', jsonPath: '.spec.ebgpMultiHop' },
];
const REQUIRED = ['myASN', 'peerASN', 'peerAddress'];
const DESCRIPTION = 'A router that nodes hold a BGP session with.';
const SPEC = 'How the session is held, and by which nodes.';
const NODES = 'Nodes that hold a session; without any, all of them.';
const ASN_LIMITS = { minimum: 0, maximum: 4294967295 };
/** The original ends at 16384. crd.md §8.6 */
const PORT_LIMITS = { minimum: 0, maximum: 65535 };

const FIELDS: Readonly<Record<string, StructuralSchema>> = {
  bfdProfile: text('The BFDProfile that watches the path to the peer, by name.'),
  ebgpMultiHop: flag('Whether the peer, of another AS, is more than one hop away.'),
  holdTime: text('How long the peer may be silent, as in 90s: 3 s at least. 0 or none means 90 s.'),
  keepaliveTime: text('How often to be heard, as in 30s; a third of the hold time if not given.'),
  myASN: uint32('AS number of this side.', ASN_LIMITS),
  password: text(
    'Password of TCP MD5 signatures (RFC 2385). Whoever may read this object may read it.',
  ),
  peerASN: uint32('AS number that the peer must have.', ASN_LIMITS),
  peerAddress: text('Address of the peer; not a host name.'),
  routerID: text('BGP identifier of this side; the IPv4 address of the node if not given.'),
  sourceAddress: text('Address of this side of the session.'),
};

/** crd.md §1.4, §1.5 */
export const BGP_PEERS: CustomResourceDefinition = customResourceDefinition({
  kind: 'BGPPeer',
  plural: 'bgppeers',
  versions: [
    version({
      name: 'v1beta1',
      description: DESCRIPTION,
      spec: object(
        SPEC,
        {
          ...FIELDS,
          nodeSelectors: listingSelectors(NODES),
          peerPort: integer('Port of the peer; 0 or none means 179.', PORT_LIMITS),
        },
        REQUIRED,
      ),
      columns: COLUMNS,
      storedAs: 'v1beta2',
    }),
    version({
      name: 'v1beta2',
      description: DESCRIPTION,
      spec: object(
        SPEC,
        {
          ...FIELDS,
          nodeSelectors: selectors(NODES),
          passwordSecret: object(
            'Secret of type kubernetes.io/basic-auth whose key password holds the password.',
            {
              name: text('Name of the Secret.'),
              namespace: text('Has no effect: the Secret is looked for beside this object.'),
            },
          ),
          peerPort: integer('Port of the peer.', { default: 179, ...PORT_LIMITS }),
          vrf: text('VRF of the node that the session lives in.'),
        },
        REQUIRED,
      ),
      columns: COLUMNS,
    }),
  ],
});
