// Measures one thing on a control plane of its own and prints it as a line of JSON:
// measure.js allocation|posting|resident SERVICES. In a private network (test/cluster/private-network.sh), as root.
import { load } from '../load.js';
import { allocation, posting } from './allocation.js';
import { resident } from './resident.js';

const [kind, services] = process.argv.slice(2);
const measurements = { allocation, posting, resident };
if (!(kind in measurements)) throw new Error(`nothing is known about measuring ${kind}`);
const cluster = await load('test/cluster/index.ts');
const plane = await cluster.startControlPlane({
  address: cluster.GATEWAY,
  fsync: true,
  nodePorts: '20000-40000',
});
try {
  console.log(JSON.stringify(await measurements[kind](cluster, plane, Number(services))));
} finally {
  await plane.close();
}
