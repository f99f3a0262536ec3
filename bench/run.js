// Runs every measurement, or those named as arguments, prints them and writes them into bench/RESULTS.md.
import { benchAllocator } from './allocator.js';
import { benchArp } from './arp.js';
import { benchBfd } from './bfd.js';
import { benchBgpMessages } from './bgp-messages.js';
import { benchBgp } from './bgp.js';
import { benchCluster } from './cluster.js';
import { benchConfig } from './config.js';
import { benchFailover } from './failover.js';
import { benchGossip } from './gossip.js';
import { benchKubernetes } from './kubernetes.js';
import { benchMigrate } from './migrate.js';
import { record } from './record.js';

const all = {
  config: benchConfig,
  migrate: benchMigrate,
  allocator: benchAllocator,
  arp: benchArp,
  gossip: benchGossip,
  bgp: benchBgp,
  'bgp-messages': benchBgpMessages,
  kubernetes: benchKubernetes,
  cluster: benchCluster,
  failover: benchFailover,
  bfd: benchBfd,
};
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in all));
if (unknown.length > 0) {
  console.error(`unknown measurement ${unknown.join(', ')}; known: ${Object.keys(all).join(', ')}`);
  process.exit(2);
}

for (const [name, measure] of Object.entries(all)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`measuring ${name}`);
  const { title, markdown } = await measure();
  console.log(`\n## ${title}\n\n${markdown}`);
  await record({ title, markdown });
}
