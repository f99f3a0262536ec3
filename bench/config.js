import jsYaml from 'js-yaml';
import { load, medianMs, table } from './load.js';

/** A ConfigMap document of `count` pools, half of them BGP with an advertisement, as an installer would write it. */
export function manyPools(count) {
  const pools = Array.from({ length: count }, (_, index) => {
    const net = `10.${index >> 8}.${index & 255}`;
    return index % 2 === 0
      ? `- name: pool-${index}\n  protocol: layer2\n  addresses:\n  - ${net}.10-${net}.99\n`
      : `- name: pool-${index}\n  protocol: bgp\n  addresses: [${net}.0/24]\n  bgp-advertisements:\n  - aggregation-length: 32\n    communities: [64512:${index}]\n`;
  });
  return `address-pools:\n${pools.join('')}`;
}

/** The same as v0.13 resources: half with an advertisement of their own, the others covered by one. */
function resources(count) {
  const resource = (kind, name, spec) => {
    const metadata = { name, namespace: 'metallb-system' };
    return { apiVersion: 'metallb.io/v1beta1', kind, metadata, spec };
  };
  const pools = Array.from({ length: count }, (_, index) => {
    const net = `10.${index >> 8}.${index & 255}`;
    const addresses = [index % 2 === 0 ? `${net}.10-${net}.99` : `${net}.0/24`];
    return resource('IPAddressPool', `pool-${index}`, { addresses });
  });
  const named = (odd) =>
    pools.filter((_, index) => index % 2 === odd).map((one) => one.metadata.name);
  const routed = named(1).map((name, index) =>
    resource('BGPAdvertisement', name, { ipAddressPools: [name], communities: [`64512:${index}`] }),
  );
  return [...pools, ...routed, resource('L2Advertisement', 'all', { ipAddressPools: named(0) })];
}

/** Reading 1,000 pools, against js-yaml loading the same text without understanding it. */
export async function benchConfig() {
  const { readLegacyConfig } = await load('src/config-legacy/index.ts');
  const text = manyPools(1000);
  const read = () => {
    const result = readLegacyConfig(text, { compat: 'v0.12', mode: 'none' });
    if (result.kind !== 'config' || result.config.pools.length !== 1000) throw new Error('refused');
  };
  const { readResources } = await load('src/config-crd/index.ts');
  const json = JSON.stringify(resources(1000));
  const parse = () => JSON.parse(json);
  const readThem = () => {
    const set = { objects: parse(), secrets: new Map() };
    const result = readResources(set, { namespace: 'metallb-system', mode: 'none' });
    if (result.kind !== 'config' || result.config.pools.length !== 1000) throw new Error('refused');
  };
  const jsonAlone = medianMs(9, parse);
  const objects = medianMs(9, readThem);
  const ours = medianMs(9, read);
  const yamlAlone = medianMs(9, () => jsYaml.load(text));
  return {
    title: 'Configuration of 1,000 pools',
    markdown: table(
      ['what', 'median of 9', 'ratio'],
      [
        ['js-yaml, syntax only', `${yamlAlone.toFixed(1)} ms`, '1.0'],
        ['decoded, checked, normalized', `${ours.toFixed(1)} ms`, (ours / yamlAlone).toFixed(1)],
        ['the same as 1,501 resources, JSON.parse only', `${jsonAlone.toFixed(1)} ms`, '1.0'],
        ['checked, normalized', `${objects.toFixed(1)} ms`, (objects / jsonAlone).toFixed(1)],
      ],
    ),
  };
}
