import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { speakerOptions } from '../../src/runtime/bin/flags/index.ts';
import {
  type Environment,
  NODE,
  POD,
  controller,
  exitOf,
  speakerStarts,
} from '../support/command-lines.ts';

describe('the flags that v0.13 added', () => {
  test('start its controller as its manifest passes them', () => {
    const argv = [
      '--port=7472',
      '--log-level=info',
      '--compat=v0.13',
      '--webhook-mode=onlywebhook',
    ];
    const webhook = { mode: 'onlywebhook', rotate: true, http2: false };
    expect(controller(argv)).toMatchObject({ options: { compat: 'v0.13', lbClass: '', webhook } });
  });

  test('are taken under every release, and do what they say', () => {
    for (const compat of ['v0.10', 'v0.11', 'v0.12', 'v0.13']) {
      const argv = [
        `-compat=${compat}`,
        '-lb-class=example.org/lb',
        '-webhook-mode=enabled',
        '-cert-dir=/certs',
        '-cert-service-name=metallb-webhook-service',
        '-disable-cert-rotation',
        '-webhook-http2',
      ];
      expect(controller(argv)).toMatchObject({
        options: {
          lbClass: 'example.org/lb',
          webhook: {
            mode: 'enabled',
            certDir: '/certs',
            certServiceName: 'metallb-webhook-service',
            rotate: false,
            http2: true,
          },
        },
      });
      const flags = [`-compat=${compat}`, '-lb-class=example.org/lb', '-ignore-exclude-lb'];
      const expected = { lbClass: 'example.org/lb', ignoreExcludeLb: true };
      expect(speakerStarts(flags)).toMatchObject(expected);
    }
  });

  test.each([
    ['v0.10', 'disabled'],
    ['v0.12', 'disabled'],
    ['v0.13', 'enabled'],
  ])('under %s the webhook is %s unless said otherwise', (compat, mode) => {
    expect(controller([`-compat=${compat}`])).toMatchObject({ options: { webhook: { mode } } });
  });

  test('a wrong webhook mode is refused', () => {
    expect(exitOf(controller(['-webhook-mode=on'])).stderr).toContain(
      'invalid value "on" for flag -webhook-mode: want enabled, disabled or onlywebhook\n',
    );
  });
});

describe('the memberlist key in a mounted Secret', () => {
  const MOUNTED = { ...NODE, METALLB_ML_SECRET_KEY_PATH: '/etc/ml_secret_key' };

  function withMount(environment: Environment, mountedKey: (path: string) => string) {
    return speakerOptions([], { environment, ...POD, mountedKey });
  }

  test('is read from where the variable says', () => {
    const line = withMount(MOUNTED, (path) => `key at ${path}`);
    if (line.kind === 'exit') throw new Error('exits');
    expect(line.options.memberlist.secretKey.reveal()).toBe('key at /etc/ml_secret_key');
    expect(inspect(line, { depth: null })).not.toContain('key at');
  });

  test('is left unread where the key itself is given', () => {
    const line = withMount({ ...MOUNTED, METALLB_ML_SECRET_KEY: 'given' }, () => {
      throw new Error('read');
    });
    expect(line).toMatchObject({ kind: 'options' });
  });

  test('that cannot be read ends the speaker', () => {
    const line = withMount(MOUNTED, () => {
      throw new Error('ENOENT: no such file or directory');
    });
    expect(exitOf(line)).toMatchObject({
      code: 1,
      log: {
        fields: {
          op: 'startup',
          error: 'ENOENT: no such file or directory',
          msg: 'failed to read memberlist secret key',
        },
      },
    });
  });
});
