import type { CustomResourceDefinition, PrinterColumn } from '../definition.ts';
import { int32, object, texts, uint32 } from './fields.ts';
import { customResourceDefinition, version } from './resource.ts';
import { selectors } from './selector.ts';

const POOLS = {
  ipAddressPoolSelectors: selectors('Pools by label, beside those that are named.'),
  ipAddressPools: texts(
    'Pools by name. With neither names nor selectors, every IPAddressPool is announced.',
  ),
};
const NODES = selectors('Nodes that may announce; without any, all of them.');

const POOL_COLUMNS: readonly PrinterColumn[] = [
  { name: 'IPAddressPools', type: 'string', jsonPath: '.spec.ipAddressPools' },
  { name: 'IPAddressPool Selectors', type: 'string', jsonPath: '.spec.ipAddressPoolSelectors' },
];
const NODE_COLUMN: PrinterColumn = {
  name: 'Node Selectors',
  type: 'string',
  jsonPath: '.spec.nodeSelectors',
  priority: 10,
};

/** crd.md §1.2 */
export const L2_ADVERTISEMENTS: CustomResourceDefinition = customResourceDefinition({
  kind: 'L2Advertisement',
  plural: 'l2advertisements',
  versions: [
    version({
      name: 'v1beta1',
      description:
        'Announces the addresses of pools on the local network: one node answers ARP and NDP requests for each.',
      spec: object('Which pools, from which nodes and interfaces.', {
        interfaces: texts('Interfaces to answer on, by name; without any, all of them.'),
        ...POOLS,
        nodeSelectors: NODES,
      }),
      columns: [
        ...POOL_COLUMNS,
        { name: 'Interfaces', type: 'string', jsonPath: '.spec.interfaces' },
        NODE_COLUMN,
      ],
    }),
  ],
});

/** crd.md §1.3 */
export const BGP_ADVERTISEMENTS: CustomResourceDefinition = customResourceDefinition({
  kind: 'BGPAdvertisement',
  plural: 'bgpadvertisements',
  versions: [
    version({
      name: 'v1beta1',
      description: 'Announces the addresses of pools to BGP peers.',
      spec: object('Which pools, from which nodes to which peers, and with what attributes.', {
        aggregationLength: int32('Length of the IPv4 prefix that is announced, up to 32.', {
          default: 32,
          minimum: 1,
        }),
        aggregationLengthV6: int32('Length of the IPv6 prefix that is announced, up to 128.', {
          default: 128,
        }),
        communities: texts(
          'BGP communities of the routes: as in 64512:100 or large:64512:1:2, or the name of one in a Community object.',
        ),
        ...POOLS,
        localPref: uint32('LOCAL_PREF of the routes, for peers of the same AS.'),
        nodeSelectors: NODES,
        peers: texts('BGPPeers that are told, by name; without any, all of them.'),
      }),
      columns: [
        ...POOL_COLUMNS,
        { name: 'Peers', type: 'string', jsonPath: '.spec.peers' },
        NODE_COLUMN,
      ],
    }),
  ],
});
