import { expect, test } from 'vitest';
import type { Conflict } from '../../src/runtime/layer2/index.ts';
import { Registry, conflictMetrics } from '../../src/runtime/metrics/index.ts';
import { asker, vip } from '../support/frames.ts';

test('conflicts are counted by with whom they are, without hardware addresses', async () => {
  const register = new Registry();
  const observer = conflictMetrics(register);
  const place = { address: vip, services: ['ns/web'], mac: asker, interfaceName: 'eth0' };
  const conflict: Conflict = { ...place, kind: 'kernel', node: 'n2', outcome: 'kept' };
  observer.found(conflict);
  observer.found({ ...conflict, kind: 'stranger' });
  observer.ended(conflict);
  const lines = (await register.metrics()).split('\n').filter((line) => line.startsWith('metallb'));
  expect(lines).toEqual([
    'metallb_layer2_conflicts{kind="speaker"} 0',
    'metallb_layer2_conflicts{kind="kernel"} 0',
    'metallb_layer2_conflicts{kind="stranger"} 1',
    'metallb_layer2_conflicts_total{kind="speaker"} 0',
    'metallb_layer2_conflicts_total{kind="kernel"} 1',
    'metallb_layer2_conflicts_total{kind="stranger"} 1',
  ]);
});
