import { afterAll, beforeAll, test } from 'vitest';
import { Stage } from '../../support/failover/index.ts';
import { eventually } from '../../cluster/index.ts';

/** legacy.md §10.1: by address, who answers while all do, and who comes after whom. */
const ORDER = {
  '192.0.2.10': ['charlie', 'bravo', 'delta', 'alpha'],
  '192.0.2.11': ['charlie', 'bravo', 'alpha', 'delta'],
  '192.0.2.12': ['bravo', 'alpha', 'delta', 'charlie'],
  '2001:db8::a': ['charlie', 'alpha', 'bravo', 'delta'],
  '2001:db8::b': ['alpha', 'charlie', 'delta', 'bravo'],
};

let stage: Stage;

beforeAll(async () => {
  const nodes = ['alpha', 'bravo', 'charlie', 'delta'];
  stage = await Stage.open({ nodes, addresses: Object.keys(ORDER) });
});

afterAll(async () => {
  await stage.close();
});

test('who answers is whom the vectors of the original name, as one speaker after the other ends', async () => {
  const gone = new Set<string>();
  for (const ending of ['charlie', 'bravo', 'alpha', 'delta']) {
    for (const [address, order] of Object.entries(ORDER)) {
      await isAnnounced(address, order.find((name) => !gone.has(name)) ?? '');
    }
    await stage.speaker(stage.node(ending)).stop();
    gone.add(ending);
  }
});

/** Says so itself, and of IPv4 is heard to answer, alone. */
async function isAnnounced(address: string, owner: string): Promise<void> {
  await eventually(`${owner} announces ${address}`, async () => {
    const announcers = await stage.announcers(address);
    if (announcers.join() !== owner) throw new Error(`announced by ${announcers.join(' and ')}`);
    if (address.includes(':')) return true;
    const answering = stage.prober.journal.answering(address);
    if (answering.join() !== stage.node(owner).mac) throw new Error(`heard ${answering.join()}`);
    return true;
  });
}
