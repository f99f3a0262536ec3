import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  type Exit,
  type SpeakerOptions,
  speakerOptions,
} from '../../src/runtime/bin/flags/index.ts';
import { parseGoInt } from '../../src/runtime/bin/flags/go-values.ts';
import { NODE, controller, exitOf, speaker, speakerStarts } from '../support/command-lines.ts';

describe('the arguments of the manifests', () => {
  test('start a controller as in v0.12', () => {
    const argv = ['--port=7472', '--config=config', '--log-level=info'];
    const environment = { METALLB_ML_SECRET_NAME: 'memberlist', METALLB_DEPLOYMENT: 'controller' };
    expect(controller(argv, environment)).toEqual({
      kind: 'options',
      options: {
        port: 7472,
        config: 'config',
        namespace: 'metallb-system',
        kubeconfig: '',
        logLevel: 'info',
        enablePprof: false,
        source: { kind: 'auto' },
        compat: 'v0.12',
        mlKeyBytes: 16,
        lbClass: '',
        mlSecretName: 'memberlist',
        deployment: 'controller',
        mode: 'none',
        webhook: {
          mode: 'disabled',
          certDir: '/tmp/k8s-webhook-server/serving-certs',
          certServiceName: 'webhook-service',
          rotate: true,
          http2: false,
        },
      },
    });
  });

  test('start a speaker as in v0.12', () => {
    const environment = {
      METALLB_NODE_NAME: 'alpha',
      METALLB_HOST: '192.0.2.5',
      METALLB_ML_BIND_ADDR: '192.0.2.6',
      METALLB_ML_LABELS: 'app=metallb,component=speaker',
      METALLB_ML_SECRET_KEY: 's3cret',
    };
    const options = speakerStarts(['--port=7472', '--config=config'], environment);
    expect(options).toMatchObject({
      port: 7472,
      host: '192.0.2.5',
      nodeName: 'alpha',
      disableEndpointSlices: false,
      mode: 'native',
      memberlist: {
        bindAddress: '192.0.2.6',
        bindPort: 7946,
        labels: 'app=metallb,component=speaker',
      },
    });
    expect(options.memberlist.secretKey.reveal()).toBe('s3cret');
    expect(inspect(options, { depth: null }) + JSON.stringify(options)).not.toContain('s3cret');
  });
});

describe('flags follow Go', () => {
  test.each<[argv: string[], port: number]>([
    [['-port', '80'], 80],
    [['-port=80'], 80],
    [['--port', '80'], 80],
    [['--port=80'], 80],
    [['--port=0x50'], 80],
    [['-port=0120'], 80],
    [['-port=0o120'], 80],
    [['-port=0b1010000'], 80],
    [['-port=+8_0'], 80],
    [['-port', '-1'], -1],
    [['-port=1', '-port=2'], 2],
    [['-port=80', '--', '-port=90'], 80],
    [['-port=80', 'word', '-port=90'], 80],
    [['-port=80', '-', '-port=90'], 80],
    [['', '-port=90'], 7472],
  ])('%j gives port %i', (argv, port) => {
    expect(speakerStarts(argv).port).toBe(port);
  });

  test.each(['1', 't', 'T', 'true', 'TRUE', 'True'])('-enable-pprof=%s is true', (text) => {
    expect(speakerStarts([`-enable-pprof=${text}`]).enablePprof).toBe(true);
  });

  test.each(['0', 'f', 'F', 'false', 'FALSE', 'False'])('-enable-pprof=%s is false', (text) => {
    expect(speakerStarts([`-enable-pprof=${text}`]).enablePprof).toBe(false);
  });

  test('a boolean needs no value and takes none from the next word', () => {
    const { disableEndpointSlices, port } = speakerStarts([
      '-disable-epslices',
      'false',
      '-port=1',
    ]);
    expect([disableEndpointSlices, port]).toEqual([true, 7472]);
  });

  test('a value may look like a flag, be empty, or hold any character', () => {
    expect(speakerStarts(['-config', '--port']).config).toBe('--port');
    expect(speakerStarts(['-config=']).config).toBe('');
    expect(speakerStarts(['-config', '']).config).toBe('');
    expect(speakerStarts(['-config=a=b\nc "d"']).config).toBe('a=b\nc "d"');
  });

  test.each<[argv: string[], message: string]>([
    [['-prot=80'], 'flag provided but not defined: -prot'],
    [['--config-ns', 'x'], 'flag provided but not defined: -config-ns'],
    [['-port'], 'flag needs an argument: -port'],
    [['---port=80'], 'bad flag syntax: ---port=80'],
    [['-=80'], 'bad flag syntax: -=80'],
    [['-port=eighty'], 'invalid value "eighty" for flag -port: parse error'],
    [['-port='], 'invalid value "" for flag -port: parse error'],
    [['-port=08'], 'invalid value "08" for flag -port: parse error'],
    [['-port=1_'], 'invalid value "1_" for flag -port: parse error'],
    [
      ['-port=9223372036854775808'],
      'invalid value "9223372036854775808" for flag -port: value out of range',
    ],
    [['-enable-pprof=yes'], 'invalid boolean value "yes" for -enable-pprof: parse error'],
    [['-compat=v0.9'], 'invalid value "v0.9" for flag -compat: want v0.10, v0.11, v0.12 or v0.13'],
    [
      ['-config-source=crd'],
      'invalid value "crd" for flag -config-source: want auto, configmap, resources or file',
    ],
    [['-lb-class'], 'flag needs an argument: -lb-class'],
    [['-webhook-mode=enabled'], 'flag provided but not defined: -webhook-mode'],
    [['-ml-key-bytes=24'], 'invalid value "24" for flag -ml-key-bytes: want 16 or 32'],
  ])('%j prints what is wrong and the usage, and exits with 2', (argv, message) => {
    const { code, stdout, stderr, log } = exitOf(speaker(argv));
    expect([code, stdout, log]).toEqual([2, '', undefined]);
    expect(stderr.startsWith(`${message}\nUsage of metal-speaker:\n`)).toBe(true);
  });

  test.each(['-h', '--h', '-help', '--help'])('%s prints the usage and exits with 0', (flag) => {
    const { code, stderr } = exitOf(controller([flag, '-port=1']));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Usage of metal-controller:\n {2}-cert-dir string\n {4}\t/);
    expect(stderr).toContain('  -port int\n    \tport of the metrics page (default 7472)\n');
    expect(stderr).toContain('  -enable-pprof\n');
  });

  test('the usage lists every flag of the original in the order of their names', () => {
    const usage = exitOf(speaker(['-h'])).stderr;
    const names = [...usage.matchAll(/^ {2}-([a-z-]+)/gm)].map(([, name]) => name!);
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(
      expect.arrayContaining([
        'port',
        'host',
        'config',
        'namespace',
        'kubeconfig',
        'log-level',
        'disable-epslices',
        'enable-pprof',
        'node-name',
        'ml-bindaddr',
        'ml-bindport',
        'ml-labels',
        'ml-secret-key',
        'ml-secret-key-path',
        'lb-class',
        'ignore-exclude-lb',
      ]),
    );
  });

  test('the usage shows defaults from the environment, and never the key', () => {
    const usage = exitOf(speaker(['-h'], { ...NODE, METALLB_ML_SECRET_KEY: 's3cret' })).stderr;
    expect(usage).toContain('(default "alpha")');
    expect(usage).not.toContain('s3cret');
  });

  test.each<[text: string, value: number]>([
    ['0', 0],
    ['00', 0],
    ['-0x1F', -31],
    ['0X_1f', 31],
    ['0_17', 15],
    ['-9223372036854775808', -(2 ** 63)],
  ])('the number %s is %i', (text, value) => {
    expect(parseGoInt(text)).toEqual({ kind: 'value', value });
  });

  test.each(['', '+', '0x', '_1', '1__0', '0b2', '1e3', '1.0', ' 1', '1 ', '٣', '0_'])(
    '%j is no number',
    (text) => {
      expect(parseGoInt(text).kind).toBe('invalid');
    },
  );
});

describe('a flag beats its variable, which beats the default', () => {
  test.each<[flag: string, variable: string, of: (options: SpeakerOptions) => unknown]>([
    ['namespace', 'METALLB_NAMESPACE', ({ namespace }) => namespace],
    ['host', 'METALLB_HOST', ({ host }) => host],
    ['node-name', 'METALLB_NODE_NAME', ({ nodeName }) => nodeName],
    ['ml-bindaddr', 'METALLB_ML_BIND_ADDR', ({ memberlist }) => memberlist.bindAddress],
    ['ml-labels', 'METALLB_ML_LABELS', ({ memberlist }) => memberlist.labels],
    ['ml-secret-key', 'METALLB_ML_SECRET_KEY', ({ memberlist }) => memberlist.secretKey.reveal()],
  ])('-%s and %s', (flag, variable, of) => {
    const environment = { ...NODE, [variable]: 'from-variable' };
    expect(of(speakerStarts([], environment))).toBe('from-variable');
    expect(of(speakerStarts([`-${flag}=from-flag`], environment))).toBe('from-flag');
  });

  test('-ml-bindport and METALLB_ML_BIND_PORT', () => {
    const environment = { ...NODE, METALLB_ML_BIND_PORT: '7000' };
    expect(speakerStarts([], environment).memberlist.bindPort).toBe(7000);
    expect(speakerStarts(['-ml-bindport=7001'], environment).memberlist.bindPort).toBe(7001);
  });

  test('the namespace of the pod is the last resort', () => {
    expect(speakerStarts([]).namespace).toBe('metallb-system');
    expect(speakerStarts(['-namespace='], { ...NODE, METALLB_NAMESPACE: 'x' }).namespace).toBe(
      'metallb-system',
    );
  });
});

describe('a program that cannot start says why and exits with 1', () => {
  test.each(['INFO', '', 'trace'])('log level %j, in plain text', (level) => {
    expect(speaker([`-log-level=${level}`], {})).toEqual({
      kind: 'exit',
      code: 1,
      stdout: `failed to initialize logging: failed to parse log level: ${level}\n`,
      stderr: '',
    });
  });

  test('no namespace', () => {
    const line = speakerOptions([], { environment: NODE, podNamespace: undefined });
    expect(exitOf(line)).toEqual(
      logged({
        msg: 'Unable to get namespace from pod service account data, please specify --namespace or METALLB_NAMESPACE',
      }),
    );
  });

  test('no node name', () => {
    expect(exitOf(speaker([], {}))).toEqual(
      logged({
        error: 'must specify --node-name or METALLB_NODE_NAME',
        msg: 'missing configuration',
      }),
    );
  });

  test.each(['memberlist', '0x1F', '70000', '-1', '7946 '])('memberlist port %j', (port) => {
    expect(exitOf(speaker(['-ml-bindport', port]))).toEqual(
      logged({ error: 'unable to parse ml-bindport', msg: 'failed to create memberlist' }),
    );
  });

  test.each<[argv: string[], error: RegExp]>([
    [['-config-source=file'], /--config-source=file needs --config-file/],
    [['-config-file=/c.yaml'], /read with --config-source=file only/],
    [['-config-source=configmap', '-config-file=/c.yaml'], /with --config-source=file only/],
  ])('%j', (argv, error) => {
    const { code, log } = exitOf(controller(argv));
    expect(code).toBe(1);
    expect(log?.fields['error']).toMatch(error);
  });

  test('its line passes the log level that was asked for, or not', () => {
    expect(exitOf(speaker(['-log-level=none'], {})).log?.threshold).toBe('none');
  });

  function logged(fields: object): Exit {
    const log = { threshold: 'info' as const, fields: { op: 'startup', ...fields } };
    return { kind: 'exit', code: 1, stdout: '', stderr: '', log };
  }
});

test('the configuration may come from a file', () => {
  const argv = ['-config-source=file', '-config-file=/etc/metallb/config'];
  expect(speakerStarts(argv).source).toEqual({ kind: 'file', path: '/etc/metallb/config' });
  expect(speakerStarts(['-config-source=configmap']).source).toEqual({ kind: 'configmap' });
  expect(speakerStarts(['-config-source=resources']).source).toEqual({ kind: 'resources' });
});
