import { beforeEach, expect, test } from 'vitest';
import {
  type MemberlistSecret,
  type SecretStore,
  ensureMemberlistSecret,
} from '../../src/runtime/controller/index.ts';
import { memberlistKey } from '../../src/runtime/controller/memberlist-secret.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { SeededRandom } from '../support/seeded-random.ts';

class Secrets implements SecretStore {
  readonly created: MemberlistSecret[] = [];
  present = false;
  answer: 'created' | 'exists' = 'created';

  async hasSecret(): Promise<boolean> {
    return this.present;
  }

  async deploymentUid(name: string): Promise<string> {
    return `uid of ${name}`;
  }

  async createSecret(secret: MemberlistSecret): Promise<'created' | 'exists'> {
    this.created.push(secret);
    return this.answer;
  }
}

let secrets: Secrets;
let log: RecordingLogger;
beforeEach(() => {
  secrets = new Secrets();
  log = new RecordingLogger();
});

const ensure = (): Promise<void> => {
  const names = { secret: 'memberlist', deployment: 'controller' };
  return ensureMemberlistSecret(names, secrets, new SeededRandom(), log);
};

test('a missing Secret is created for the Deployment, its key 22 characters of base64', async () => {
  await ensure();
  expect(secrets.created).toMatchObject([
    { name: 'memberlist', owner: { name: 'controller', uid: 'uid of controller' } },
  ]);
  expect(secrets.created[0]?.key.reveal()).toMatch(/^[A-Za-z0-9+/]{22}$/);
  expect(log.lines).toEqual([
    { level: 'info', fields: { op: 'CreateMlSecret', msg: 'secret succesfully created' } },
  ]);
});

test('an existing Secret is left alone', async () => {
  secrets.present = true;
  await ensure();
  expect(secrets.created).toEqual([]);
  expect(log.lines).toMatchObject([{ level: 'debug' }]);
});

test('a Secret that another controller made meanwhile is as good', async () => {
  secrets.answer = 'exists';
  await expect(ensure()).resolves.toBeUndefined();
  expect(log.lines).toMatchObject([{ level: 'debug' }]);
});

test('an API error reaches the caller', async () => {
  secrets.deploymentUid = async () => Promise.reject(new Error('forbidden'));
  await expect(ensure()).rejects.toThrow('forbidden');
});

test('the key is standard base64 without padding', () => {
  const octets = Uint8Array.from({ length: 16 }, (_, n) => 0xf0 + n);
  expect(memberlistKey(octets)).toBe('8PHy8/T19vf4+fr7/P3+/w');
});
