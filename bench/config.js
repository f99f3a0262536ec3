import jsYaml from 'js-yaml';
import { load, medianMs, table } from './load.js';

/** A ConfigMap document of `count` pools, half of them BGP with an advertisement, as an installer would write it. */
function document(count) {
  const pools = Array.from({ length: count }, (_, index) => {
    const net = `10.${index >> 8}.${index & 255}`;
    return index % 2 === 0
      ? `- name: pool-${index}\n  protocol: layer2\n  addresses:\n  - ${net}.10-${net}.99\n`
      : `- name: pool-${index}\n  protocol: bgp\n  addresses: [${net}.0/24]\n  bgp-advertisements:\n  - aggregation-length: 32\n    communities: [64512:${index}]\n`;
  });
  return `address-pools:\n${pools.join('')}`;
}

/** Reading 1,000 pools, against js-yaml loading the same text without understanding it. */
export async function benchConfig() {
  const { readLegacyConfig } = await load('src/config-legacy/index.ts');
  const text = document(1000);
  const read = () => {
    const result = readLegacyConfig(text, { compat: 'v0.12', mode: 'none' });
    if (result.kind !== 'config' || result.config.pools.length !== 1000) throw new Error('refused');
  };
  const ours = medianMs(9, read);
  const yamlAlone = medianMs(9, () => jsYaml.load(text));
  return {
    title: 'Configuration of 1,000 pools',
    markdown: table(
      ['what', 'median of 9', 'ratio'],
      [
        ['js-yaml, syntax only', `${yamlAlone.toFixed(1)} ms`, '1.0'],
        ['decoded, checked, normalized', `${ours.toFixed(1)} ms`, (ours / yamlAlone).toFixed(1)],
      ],
    ),
  };
}
