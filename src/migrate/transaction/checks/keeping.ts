import { member, pause } from '../../../runtime/kube/index.ts';
import { seconds } from '../../../runtime/platform/ports.ts';
import type { Ground } from '../ground.ts';
import { addressesOf } from '../observe.ts';
import type { RecordedService } from '../record/record.ts';
import { coreResource, identify } from '../../../runtime/kube/index.ts';
import { list } from '../requests.ts';
import { type Keeping, compareAddresses } from './services.ts';

/** A Service that is just being written is looked at again. */
const LOOKS = 3;

/** Whether every recorded Service has its addresses. */
export async function lookAtServices(
  ground: Ground,
  recorded: readonly RecordedService[],
): Promise<Keeping> {
  for (let look = 1; ; look += 1) {
    const { items } = await list(ground, coreResource('services'));
    const services = new Map(items.map((one) => [identify(one)?.key ?? '', one]));
    const present = [...services]
      .filter(([, one]) => member(member(one, 'spec'), 'type') === 'LoadBalancer')
      .map(([key]) => key);
    const keeping = compareAddresses(recorded, addressesOf(services), new Set(present));
    if (keeping.moved.length === 0 || look === LOOKS) return keeping;
    await pause(ground.clock, seconds(1), ground.interrupted);
  }
}
