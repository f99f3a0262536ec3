import type { CustomResourceDefinition, PrinterColumn, StructuralSchema } from '../definition.ts';
import { flag, int32, integer, list, object, text, texts, uint32 } from './fields.ts';
import { customResourceDefinition, version } from './resource.ts';
import { selectors } from './selector.ts';

const ADDRESSES = texts(
  'Ranges of addresses that may be given to Services: prefixes such as 192.0.2.0/26, or first and last address as in ' +
    '198.51.100.10-198.51.100.20. IPv4 and IPv6 may stand side by side.',
);
const AUTO_ASSIGN = flag(
  'Whether Services get addresses of this pool without asking for it. If not, only those that name the pool or an ' +
    'address of it do.',
  { default: true },
);

const COLUMNS: readonly PrinterColumn[] = [
  { name: 'Auto Assign', type: 'boolean', jsonPath: '.spec.autoAssign' },
  { name: 'Avoid Buggy IPs', type: 'boolean', jsonPath: '.spec.avoidBuggyIPs' },
  { name: 'Addresses', type: 'string', jsonPath: '.spec.addresses' },
];

/** crd.md §1.1; the status has the names of the original's 0.15 and our conditions. */
export const IP_ADDRESS_POOLS: CustomResourceDefinition = customResourceDefinition({
  kind: 'IPAddressPool',
  plural: 'ipaddresspools',
  versions: [
    version({
      name: 'v1beta1',
      description:
        'Addresses that may be given to Services of type LoadBalancer. They are reachable once an L2Advertisement or ' +
        'a BGPAdvertisement covers the pool.',
      specRequired: true,
      spec: object(
        'The addresses, and who may have them.',
        {
          addresses: ADDRESSES,
          autoAssign: AUTO_ASSIGN,
          avoidBuggyIPs: flag(
            'Never give out IPv4 addresses that end in .0 or .255, which some old networks drop.',
            { default: false },
          ),
          serviceAllocation: serviceAllocation(),
        },
        ['addresses'],
      ),
      status: {
        assignedIPv4: count('IPv4 addresses of the pool that Services have.'),
        assignedIPv6: count('IPv6 addresses of the pool that Services have.'),
        availableIPv4: count('IPv4 addresses of the pool that are still free.'),
        availableIPv6: count(
          'IPv6 addresses of the pool that are still free; 9007199254740991 where there are more.',
        ),
      },
      columns: COLUMNS,
    }),
  ],
});

/** Both versions have the same shape. crd.md §1.8 */
export const ADDRESS_POOLS: CustomResourceDefinition = customResourceDefinition({
  kind: 'AddressPool',
  plural: 'addresspools',
  versions: [
    version({
      ...addressPool('v1alpha1', 'metallb.io v1alpha1 AddressPool is deprecated'),
      storedAs: 'v1beta1',
    }),
    version(
      addressPool(
        'v1beta1',
        'metallb.io v1beta1 AddressPool is deprecated, consider using IPAddressPool',
      ),
    ),
  ],
});

function addressPool(name: string, deprecationWarning: string) {
  return {
    name,
    description:
      'Addresses and how they are announced, in one object. Deprecated: an IPAddressPool and an advertisement say more.',
    deprecationWarning,
    specRequired: true as const,
    spec: object(
      'The addresses, and how they are announced.',
      {
        addresses: ADDRESSES,
        autoAssign: AUTO_ASSIGN,
        bgpAdvertisements: list(
          'How the addresses are announced to BGP peers; with none, each as a route of its own.',
          bgpAdvertisement(),
        ),
        protocol: text('How the addresses are announced.', { enum: ['layer2', 'bgp'] }),
      },
      ['addresses', 'protocol'],
    ),
  };
}

function bgpAdvertisement(): StructuralSchema {
  return object('One way to announce the addresses.', {
    aggregationLength: int32('Length of the IPv4 prefix that is announced, up to 32.', {
      default: 32,
      minimum: 1,
    }),
    aggregationLengthV6: int32('Length of the IPv6 prefix that is announced, up to 128.', {
      default: 128,
    }),
    communities: texts('BGP communities of the routes, as in 64512:100.'),
    localPref: uint32('LOCAL_PREF of the routes, for peers of the same AS.'),
  });
}

function serviceAllocation(): StructuralSchema {
  return object(
    'Keeps the pool for some Services: with this, even empty, no other Service gets its addresses unasked.',
    {
      namespaceSelectors: selectors('Namespaces by label, beside those that are named.'),
      namespaces: texts('Namespaces by name.'),
      priority: integer('Pools with smaller numbers are tried first; 0, or none, is last.'),
      serviceSelectors: selectors('Services by label, of those namespaces where any are given.'),
    },
  );
}

function count(description: string): StructuralSchema {
  return integer(description, { format: 'int64' });
}
