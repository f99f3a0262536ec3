import type { Stage } from './stage.ts';

/** Addresses of the stage with this index: stages share a LAN. */
export function rangeOf(index: number): string {
  const first = 100 + 20 * index;
  return `192.0.2.${first}-192.0.2.${first + 15}`;
}

export function layer2Pool(name: string, addresses: string): string {
  return `address-pools:\n- name: ${name}\n  protocol: layer2\n  addresses: ["${addresses}"]\n`;
}

/** Changes one of the things that operators change. */
type Change = (stage: Stage, round: number) => Promise<unknown>;

const WEB = { spec: { selector: { app: 'web' } } };

/**
 * Annotates the Service of a round. No Service is changed twice in a moment: kube-controller-manager 1.20 then works
 * from a list that is a moment old, and deletes the EndpointSlice that it had just kept, for good.
 */
async function annotate(stage: Stage, round: number, key: string, value: string): Promise<void> {
  if (round < 0) return;
  await stage.services.change(`churn-${round}`, { metadata: { annotations: { [key]: value } } });
}

/** Lives through `duration` milliseconds of everyday changes and returns how many they were. */
export async function churn(stage: Stage, index: number, duration: number): Promise<number> {
  const config = layer2Pool('pool', rangeOf(index));
  await stage.configure(config);
  const round: readonly Change[] = [
    async ({ services }, n) => services.create(`churn-${n}`, WEB),
    async ({ services }, n) => services.assigned(`churn-${n}`),
    async (_, n) => annotate(stage, n - 1, 'example.com/round', `${n}`),
    async (_, n) => annotate(stage, n - 2, 'metallb.universe.tf/allow-shared-ip', `key-${n}`),
    async ({ nodes }, n) => stage.labelNode(nodes[n % 2 === 0 ? 0 : 1], { round: `${n}` }),
    async () => stage.configure(`${config}  typo: true\n`),
    async () => stage.configure(config.replace('name: pool', 'name: renamed')),
    async () => stage.configure(undefined),
    async () => stage.configure(config),
    async ({ services }, n) => {
      if (n > 2) await services.delete(`churn-${n - 3}`);
    },
  ];
  const deadline = performance.now() + duration;
  let changes = 0;
  for (let n = 0; performance.now() < deadline; n += 1) {
    for (const change of round) await change(stage, n);
    changes += round.length;
    // Nobody edits a cluster a hundred times a second.
    await stage.announced(`churn-${n}`);
  }
  await stage.services.clear();
  return changes;
}
