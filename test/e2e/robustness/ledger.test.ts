import { expect, test } from 'vitest';
import type { ApiClient } from '../../cluster/api-client.ts';
import { Ledger } from './ledger.ts';

/** A ledger of 192.0.2.0/24 and what it hears. */
async function opened(): Promise<{
  readonly ledger: Ledger;
  readonly hear: (type: string, name: string, ...addresses: string[]) => void;
  readonly end: () => void;
}> {
  let heard: (line: string) => void = () => {};
  let end = (): void => {};
  const watch: ApiClient['watch'] = async (_path, listener, ended = () => {}) => {
    [heard, end] = [listener, ended];
    return () => {};
  };
  const owns = (address: string): boolean => address.startsWith('192.0.2.');
  const ledger = await Ledger.open({ watch }, owns);
  return {
    ledger,
    hear: (type, name, ...addresses) => {
      const ingress = addresses.map((ip) => ({ ip }));
      const status = { loadBalancer: { ingress } };
      const spec = { type: 'LoadBalancer' };
      heard(JSON.stringify({ type, object: { metadata: { uid: name, name }, spec, status } }));
    },
    end: () => end(),
  };
}

test('an address that goes from a deleted Service to the next is in order', async () => {
  const { ledger, hear } = await opened();
  hear('ADDED', 'a');
  hear('MODIFIED', 'a', '192.0.2.1');
  hear('MODIFIED', 'a', '192.0.2.1');
  hear('ADDED', 'b');
  hear('DELETED', 'a', '192.0.2.1');
  hear('MODIFIED', 'b', '192.0.2.1');
  hear('ADDED', 'c');
  expect(ledger.wrongs).toEqual([]);
  expect([ledger.served, ledger.waiting, ledger.held]).toEqual([['b'], ['c'], ['192.0.2.1']]);
  expect(ledger.figures).toMatchObject({ created: 3, deleted: 1, written: 2, unserved: 0 });
});

test.each([
  ['given twice', [['ADDED', 'b', '192.0.2.1']], 'b got 192.0.2.1, which a has'],
  ['changed', [['MODIFIED', 'a', '192.0.2.2']], 'a had 192.0.2.1 and then 192.0.2.2'],
  ['taken away', [['MODIFIED', 'a']], 'a had 192.0.2.1 and then none'],
  ['of no pool', [['ADDED', 'b', '198.51.100.1']], 'b got 198.51.100.1, which is of no pool'],
  ['one of two', [['ADDED', 'b', '192.0.2.2', '192.0.2.3']], 'b has 2 addresses'],
] as const)('an address that is %s is noticed', async (_, events, wrong) => {
  const { ledger, hear } = await opened();
  hear('ADDED', 'a', '192.0.2.1');
  for (const [type, name, ...addresses] of events) hear(type, name, ...addresses);
  expect(ledger.wrongs).toEqual([wrong]);
});

test('a watch that ends by itself leaves a hole in the books', async () => {
  const { ledger, end } = await opened();
  end();
  expect(ledger.wrongs).toHaveLength(1);
});
