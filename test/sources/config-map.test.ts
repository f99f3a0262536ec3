import { expect, test } from 'vitest';
import { ConfigMapListener, configMapDocument } from '../../src/runtime/sources/index.ts';
import { Inbox } from '../support/sources.ts';

test.each<[name: string, object: unknown, text: string]>([
  ['the key config', { data: { config: 'peers: []\n', other: 'x' } }, 'peers: []\n'],
  ['no data at all as empty', {}, ''],
  ['no such key as empty', { data: { Config: 'peers: []\n' } }, ''],
  ['data that is null as empty', { data: null }, ''],
  ['what is no text as empty', { data: { config: { peers: [] } } }, ''],
])('a ConfigMap is read by %s', (_name, object, text) => {
  expect(configMapDocument(object).text).toBe(text);
});

test('Events go to the very object', () => {
  const metadata = {
    namespace: 'metallb-system',
    name: 'config',
    uid: 'u1',
    resourceVersion: '7',
  };
  expect(configMapDocument({ metadata }).origin).toEqual({
    fields: { configmap: 'metallb-system/config' },
    versions: 'ConfigMap metallb-system/config at 7',
    about: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'metallb-system',
      name: 'config',
      uid: 'u1',
    },
  });
});

test('a first list without it says that it is missing', () => {
  const inbox = new Inbox();
  new ConfigMapListener(inbox, 'metallb-system/config').synced();
  expect(inbox.found).toEqual(['<missing>']);
});

test('changes are handed on, and the deletion too', () => {
  const inbox = new Inbox();
  const listener = new ConfigMapListener(inbox, 'metallb-system/config');
  listener.changed('metallb-system/config', configMapDocument({ data: { config: 'peers: []\n' } }));
  listener.changed('metallb-system/config', undefined);
  expect(inbox.found).toEqual(['peers: []\n', '<missing>']);
});

test('without a right to it there is none, unless it was read before', () => {
  const inbox = new Inbox();
  const listener = new ConfigMapListener(inbox, 'metallb-system/config');
  listener.unavailable();
  listener.synced();
  expect(inbox.found).toEqual(['<missing>']);
  listener.changed('metallb-system/config', configMapDocument({ data: { config: 'peers: []\n' } }));
  listener.unavailable();
  expect(inbox.last).toBe('peers: []\n');
});
