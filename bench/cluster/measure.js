// Measures one thing on a whole cluster of its own and prints it as a line of JSON: measure.js reachable|resident.
// In a private network (test/cluster/private-network.sh), as root, with the images in $IMAGES.
import { load } from '../load.js';
import { reachable } from './reachable.js';
import { resident } from './resident.js';

const measurements = { reachable, resident };
const [kind] = process.argv.slice(2);
if (!(kind in measurements)) throw new Error(`nothing is known about measuring ${kind}`);
const harness = await load('test/cluster/index.ts');
const cluster = await harness.startCluster({ nodes: 3 });
try {
  console.log(JSON.stringify(await measurements[kind](harness, cluster)));
} finally {
  await cluster.close();
}
