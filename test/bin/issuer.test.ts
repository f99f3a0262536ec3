import { expect, test } from 'vitest';
import { threadIssuer } from '../../src/runtime/bin/webhook/issuer.ts';
import { IssuingFailed } from '../../src/runtime/webhook/index.ts';

test('a thread that cannot begin is a certificate that is not made, and no fault that ends the program', async () => {
  const issue = threadIssuer(new URL('./no-such-worker.js', import.meta.url));
  const failed = await issue({ names: ['webhook'], now: 0 }).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(IssuingFailed);
  expect(String(failed)).toContain('MODULE_NOT_FOUND');
});

test('a thread that ends without a certificate is told, not waited for', async () => {
  const issue = threadIssuer(new URL('data:text/javascript,0'));
  const failed = await issue({ names: ['webhook'], now: 0 }).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(IssuingFailed);
  expect(String(failed)).toContain('the thread ended with code 0');
});
