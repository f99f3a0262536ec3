// Measures a group of failures and prints what came of them as a line of JSON: measure.js GROUP RUNS
// In a private network (test/cluster/private-network.sh), as root.
import { load } from '../load.js';
import { PLANS } from './plans.js';

/** What has failed so often does not work. */
const MOST_FAILURES = 3;

const [group, runs] = process.argv.slice(2);
if (!(group in PLANS)) throw new Error(`nothing is known about measuring ${group}`);
const failover = await load('test/support/failover/index.ts');
const results = [];
for (const { scenarios, ...plan } of PLANS[group].stages) {
  results.push(...(await measure(plan, scenarios)));
}
console.log(JSON.stringify(results));

/** Runs every scenario of a stage so many times; what fails costs its stage, not the measurement. */
async function measure({ nodes, addresses, flags }, scenarios) {
  const plan = { nodes, addresses: failover.freeAddresses(addresses), flags };
  const measured = [];
  let stage;
  for (const { name, run } of scenarios) {
    const about = `${name}; ${nodes.length} nodes, ${addresses} addresses ${flags.join(' ')}`;
    const result = { name, nodes: nodes.length, addresses, flags, runs: [], failures: [] };
    measured.push(result);
    for (
      let number = 1;
      number <= Number(runs) && result.failures.length < MOST_FAILURES;
      number += 1
    ) {
      try {
        stage ??= await failover.Stage.open(plan);
        const figures = await run(failover, stage);
        result.runs.push(figures);
        console.error(`${about}: ${number} of ${runs} after ${passed()} s: ${inShort(figures)}`);
      } catch (error) {
        result.failures.push(
          error.cause ? `${error.message}: ${error.cause.message}` : error.message,
        );
        console.error(`${about}: ${number} of ${runs} failed: ${result.failures.at(-1)}`);
        await stage?.close();
        stage = undefined;
      }
    }
  }
  await stage?.close();
  return measured;
}

function passed() {
  return (performance.now() / 1000).toFixed(0);
}

function inShort({ longestSilence, longestDouble, doubledQuestions, healing, stood }) {
  const after = healing && `, back: two for ${healing.doubledUntil.toFixed(0)} ms`;
  const prober = stood > 0 ? `, the prober stood still for ${stood.toFixed(0)} ms` : '';
  return `silent for ${longestSilence.toFixed(0)} ms, two for ${longestDouble.toFixed(1)} ms and ${doubledQuestions} questions${after ?? ''}${prober}`;
}
