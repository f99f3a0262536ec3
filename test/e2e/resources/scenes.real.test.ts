import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NAMESPACE, eventsAbout, eventually } from '../../cluster/index.ts';
import { ResourceSite, WEB } from './site.ts';

const POOL = 'metallb.universe.tf/address-pool';
const STALE = 'metallb_k8s_client_config_stale_bool';
const LOADED = 'metallb_k8s_client_config_loaded_bool';

let site: ResourceSite;

beforeAll(async () => {
  // BFD profiles and keepalive times are what only FRR mode serves.
  site = await ResourceSite.open('overlays/frr');
}, 240_000);

afterEach(async () => {
  await site.tidy();
});

afterAll(async () => {
  await site.close();
});

/** A Service of the pods `web`. */
async function web(name: string, wish: object = {}): Promise<void> {
  await site.services.create(name, { spec: WEB, ...wish });
}

/** An IPv6 Service whose endpoint is written by hand, since pods have IPv4 addresses only. */
async function sixWeb(name: string, node: string): Promise<void> {
  const spec = { ...WEB, selector: null, ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' };
  await site.services.create(name, { spec });
  await endpointOf(name, node);
}

async function endpointOf(name: string, node: string): Promise<void> {
  await site.cluster.plane.admin.create(
    '/apis/discovery.k8s.io/v1beta1/namespaces/default/endpointslices',
    {
      apiVersion: 'discovery.k8s.io/v1beta1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-6`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv6',
      endpoints: [{ addresses: ['2001:db8::77'], nodeName: node, conditions: { ready: true } }],
      ports: [{ port: 8080 }],
    },
  );
}

/** Whether somebody on the segment answers for an address. */
async function answered(address: string): Promise<boolean> {
  return (await site.arping(address)).length > 0;
}

describe('a pool of a CIDR, a range and an IPv6 prefix with an empty L2Advertisement', () => {
  test('gives addresses in that order, and whoever asks is answered, over ARP and NDP', async () => {
    await site.create('IPAddressPool', 'harbor', {
      addresses: ['192.0.2.200/31', '192.0.2.210-192.0.2.211', '2001:db8::200/124'],
    });
    await site.create('L2Advertisement', 'all', {});
    for (const [index, address] of ['200', '201', '210', '211'].entries()) {
      await web(`web-${index}`);
      await site.services.assigned(`web-${index}`, `192.0.2.${address}`);
    }
    const [node] = site.cluster.nodes;
    await sixWeb('six', node?.name ?? '');
    await site.services.assigned('six', '2001:db8::200');

    expect(await site.reach('192.0.2.200')).toContain('web-');
    expect(await site.reach('192.0.2.211')).toContain('web-');
    const six = site.cluster.node(await site.announcer('six'));
    site.cluster.client.ask('2001:db8::200');
    const mac = await eventually('NDP answers', () =>
      site.cluster.client.neighbor('2001:db8::200'),
    );
    expect(mac).toBe(six.mac);
    await web('too-many');
    expect((await site.services.event('too-many', 'AllocationFailed')).message).toContain(
      'no available IPs',
    );
  });
});

describe('an L2Advertisement', () => {
  test('that names one of two pools leaves the other one assigned and silent', async () => {
    await site.create('IPAddressPool', 'named', { addresses: ['192.0.2.200/32'] });
    await site.create('IPAddressPool', 'unnamed', { addresses: ['192.0.2.210/32'] });
    await site.create('L2Advertisement', 'one', { ipAddressPools: ['named'] });
    await web('heard', { annotations: { [POOL]: 'named' } });
    await web('unheard', { annotations: { [POOL]: 'unnamed' } });
    await site.services.assigned('heard', '192.0.2.200');
    await site.services.assigned('unheard', '192.0.2.210');

    await site.announcer('heard');
    expect(await site.reach('192.0.2.200')).toContain('web-');
    expect(await answered('192.0.2.210')).toBe(false);
    expect(await site.announcers('unheard')).toEqual([]);
  });

  test('that selects pools by label covers those, and a pool that is labelled later', async () => {
    const zone = (name: string): object => ({ labels: { zone: name } });
    await site.create('IPAddressPool', 'labelled', { addresses: ['192.0.2.200/32'] }, zone('edge'));
    await site.create('IPAddressPool', 'other', { addresses: ['192.0.2.210/32'] }, zone('core'));
    await site.create('L2Advertisement', 'edge', {
      ipAddressPoolSelectors: [{ matchLabels: { zone: 'edge' } }],
    });
    await web('heard', { annotations: { [POOL]: 'labelled' } });
    await web('later', { annotations: { [POOL]: 'other' } });
    await site.services.assigned('heard', '192.0.2.200');
    await site.services.assigned('later', '192.0.2.210');
    await site.announcer('heard');
    expect(await answered('192.0.2.210')).toBe(false);

    await site.kubectl.must(
      ...['label', 'ipaddresspool', 'other', '-n', NAMESPACE, 'zone=edge', '--overwrite'],
    );
    await site.announcer('later');
    expect(await site.reach('192.0.2.210')).toContain('web-');
  });
});

describe('an L2Advertisement with a list of interfaces', () => {
  test('that no node has is told on the Service, and answers once the list is right', async () => {
    await site.create('IPAddressPool', 'harbor', { addresses: ['192.0.2.200/32'] });
    await site.create('L2Advertisement', 'one', { interfaces: ['eth9'] });
    await web('web');
    await site.services.assigned('web', '192.0.2.200');
    const failed = await site.services.event('web', 'announceFailed');
    expect(failed.type).toBe('Warning');
    expect(failed.message).toContain('the interfaces specified by LB IP "192.0.2.200"');
    expect(await answered('192.0.2.200')).toBe(false);

    await site.resources.change('L2Advertisement', 'one', { interfaces: ['eth9', 'eth0'] });
    expect(await site.reach('192.0.2.200')).toContain('web-');
  });
});

describe('no advertisement at all', () => {
  test('assigns the address, and the operator is told on the Service that nobody announces it', async () => {
    await site.create('IPAddressPool', 'lonely', { addresses: ['192.0.2.200/32'] });
    await web('web');
    await site.services.assigned('web', '192.0.2.200');

    const told = await site.services.event('web', 'NotAdvertised');
    expect(told.type).toBe('Warning');
    expect(told.message).toContain('pool "lonely"');
    const shown = (await site.kubectl.must('describe', 'service', 'web')).join('\n');
    expect(shown).toContain('nobody announces it');
    await site.controllerShows('metallb_allocator_services_unadvertised{pool="lonely"}', 1);
    await site.kubectl.must(
      ...['wait', '--for=condition=Advertised=false', 'ipaddresspool/lonely'],
      ...['-n', NAMESPACE, '--timeout=10s'],
    );

    await site.create('L2Advertisement', 'all', {});
    await site.announcer('web');
    expect(await site.reach('192.0.2.200')).toContain('web-');
    await site.controllerShows('metallb_allocator_services_unadvertised{pool="lonely"}', undefined);
  });
});

describe('a production pool of 4 addresses and a /20 sandbox pool over BGP', () => {
  test('are chosen by annotation, and each has its own advertisement, one with an alias', async () => {
    await site.create('Community', 'names', {
      communities: [{ name: 'no-transit', value: '64500:666' }],
    });
    await site.create('IPAddressPool', 'production', {
      addresses: ['198.51.100.0/30'],
      autoAssign: false,
    });
    await site.create('IPAddressPool', 'sandbox', { addresses: ['198.18.16.0/20'] });
    await site.create('BGPAdvertisement', 'production', {
      ipAddressPools: ['production'],
      localPref: 200,
    });
    await site.create('BGPAdvertisement', 'sandbox', {
      ipAddressPools: ['sandbox'],
      aggregationLength: 24,
      communities: ['no-transit'],
    });
    await site.controllerShows('metallb_allocator_addresses_total{pool="production"}', 4);
    await site.controllerShows('metallb_allocator_addresses_total{pool="sandbox"}', 4096);
    for (let n = 0; n < 4; n += 1) {
      await web(`live-${n}`, { annotations: { [POOL]: 'production' } });
      await site.services.assigned(`live-${n}`, `198.51.100.${n}`);
    }
    await web('trial');
    await site.services.assigned('trial', '198.18.16.0');
    await web('fifth', { annotations: { [POOL]: 'production' } });

    expect((await site.services.event('fifth', 'AllocationFailed')).message).toContain(
      'no available IPs in pool "production"',
    );
    await site.speakersShow(STALE, 0);
  });
});

describe('a BGPPeer with a BFD profile and a password Secret', () => {
  test('is waited for until both are there, and the password is never shown', async () => {
    await site.create('IPAddressPool', 'harbor', { addresses: ['192.0.2.200/32'] });
    await site.create('L2Advertisement', 'all', {});
    await site.speakersShow(STALE, 0);
    await site.create('BGPPeer', 'spine', {
      myASN: 64500,
      peerASN: 64501,
      peerAddress: '192.0.2.9',
      bfdProfile: 'fast',
      passwordSecret: { name: 'spine' },
    });
    await site.speakersShow(STALE, 1);
    await web('web');
    // Addresses need no peers.
    await site.services.assigned('web', '192.0.2.200');

    await site.create('BFDProfile', 'fast', { receiveInterval: 100, transmitInterval: 100 });
    await site.resources.createPassword('spine', 'not-to-be-shown');
    await site.speakersShow(STALE, 0);
    await site.speakersShow(LOADED, 1);

    const said = [
      ...(await site.kubectl.must('logs', '-n', NAMESPACE, 'deployment/controller')),
      ...(await site.kubectl.must('logs', '-n', NAMESPACE, 'daemonset/speaker')),
      ...(await site.kubectl.must('get', 'events', '-A')),
    ].join('\n');
    expect(said).not.toContain('not-to-be-shown');
    const refused = await site.kubectl.run('delete', 'bfdprofile', 'fast', '-n', NAMESPACE);
    expect(refused.complaint).toContain('failed to delete BFDProfile fast, used by BGPPeer spine');
    await site.cluster.plane.admin.delete(`/api/v1/namespaces/${NAMESPACE}/secrets/spine`);
  });
});

describe('a dual-stack Service', () => {
  test('pinned to two addresses by annotation gets these two, and both are answered for', async () => {
    await site.create('IPAddressPool', 'harbor', {
      addresses: ['192.0.2.200-192.0.2.219', '2001:db8::200/124'],
    });
    await site.create('L2Advertisement', 'all', {});
    await web('both', {
      annotations: { 'metallb.io/loadBalancerIPs': '192.0.2.207,2001:db8::207' },
      spec: { ...WEB, ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] },
    });
    await site.services.assigned('both', '192.0.2.207', '2001:db8::207');

    const node = site.cluster.node(await site.announcer('both'));
    expect(await site.arping('192.0.2.207')).toEqual([node.mac]);
    site.cluster.client.ask('2001:db8::207');
    const mac = await eventually('NDP answers', () =>
      site.cluster.client.neighbor('2001:db8::207'),
    );
    expect(mac).toBe(node.mac);
  });
});

describe('a resource that is wrong', () => {
  test('is refused by the webhook, with what is wrong and where', async () => {
    await site.create('IPAddressPool', 'harbor', { addresses: ['192.0.2.200/29'] });
    // The webhook hears of a pool some milliseconds after it was stored.
    const refusal = await eventually('an overlapping pool is refused', async () => {
      const quay = { addresses: ['192.0.2.204/30'] };
      const tried = site.resources.tryToCreate('IPAddressPool', 'quay', quay);
      return await tried.then(() => undefined).catch(String);
    });
    expect(refusal).toMatch(
      /admission webhook "ipaddresspoolvalidationwebhook.metallb.io" denied the request: .*CIDR "192.0.2.204\/30" in pool "quay" overlaps with already defined CIDR "192.0.2.200\/29"/,
    );
  });

  test('and slips past it leaves the last good configuration in force, and the object is told', async () => {
    await site.create('Community', 'names', { communities: [{ name: 'quiet', value: '64500:1' }] });
    await site.create('IPAddressPool', 'harbor', { addresses: ['192.0.2.200/31'] });
    await site.create('L2Advertisement', 'all', {});
    await site.create('BGPAdvertisement', 'quiet', { communities: ['quiet'] });
    await site.speakersShow(STALE, 0);
    await web('web');
    await site.services.assigned('web', '192.0.2.200');
    await site.announcer('web');

    // Nobody asks before a Community is deleted.
    await site.resources.delete('Community', 'names');
    await site.speakersShow(STALE, 1);
    const rejected = await eventually('the advertisement is told', async () => {
      const events = await eventsAbout(site.cluster.plane.admin, NAMESPACE, 'quiet');
      return events.find(({ reason }) => reason === 'ConfigRejected');
    });
    expect(rejected.message).toContain('invalid community "quiet" in BGP advertisement');
    expect(rejected.message).toContain('the previous configuration stays in force');
    expect(await site.reach('192.0.2.200')).toContain('web-');

    await site.create('Community', 'names', { communities: [{ name: 'quiet', value: '64500:1' }] });
    await site.speakersShow(STALE, 0);
  });
});

describe('serviceAllocation', () => {
  test('by namespace keeps a pool for its namespace', async () => {
    await site.create('IPAddressPool', 'reserved', {
      addresses: ['192.0.2.200/31'],
      serviceAllocation: { priority: 10, namespaces: ['default'] },
    });
    await site.create('IPAddressPool', 'common', { addresses: ['192.0.2.210/31'] });
    await web('mine');
    await site.services.assigned('mine', '192.0.2.200');
    const elsewhere = await site.kubectl.run('create', 'namespace', 'elsewhere');
    expect(elsewhere.code).toBe(0);
    await site.cluster.plane.admin.create('/api/v1/namespaces/elsewhere/services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'theirs' },
      spec: { type: 'LoadBalancer', ...WEB },
    });
    await eventually('theirs gets an address of the common pool', async () => {
      const [address] = await site.kubectl.must(
        ...['get', 'service', 'theirs', '-n', 'elsewhere'],
        ...['-o', 'jsonpath={.status.loadBalancer.ingress[0].ip}'],
      );
      return address === '192.0.2.210' || undefined;
    });
    await site.kubectl.must('delete', 'namespace', 'elsewhere');
  });

  test('by selector of Services and of namespaces, which may be labelled later', async () => {
    await site.create('IPAddressPool', 'gold', {
      addresses: ['192.0.2.200/31'],
      serviceAllocation: {
        namespaceSelectors: [{ matchLabels: { tier: 'gold' } }],
        serviceSelectors: [{ matchLabels: { wants: 'gold' } }],
      },
    });
    await web('web');
    expect((await site.services.event('web', 'AllocationFailed')).message).toContain(
      'no available IPs',
    );

    await site.kubectl.must('label', 'service', 'web', 'wants=gold');
    await site.kubectl.must('label', 'namespace', 'default', 'tier=gold');
    await site.services.assigned('web', '192.0.2.200');
    await site.kubectl.must('label', 'namespace', 'default', 'tier-');
  });
});
