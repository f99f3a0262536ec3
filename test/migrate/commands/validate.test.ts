import { describe, expect, test } from 'vitest';
import { type Files, runMigrate } from '../../support/terminal.ts';

const SOUND = 'address-pools:\n- {name: teal, protocol: layer2, addresses: [192.0.2.0/24]}\n';
const TYPO = 'peers:\n- my-asn: 64512\n  peer-adress: 192.0.2.1\n';

function configMap(text: string): string {
  const config = text.replace(/^/gm, '    ').trimEnd();
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata:\n  config: |\n${config}\n`;
}

const run = (argv: readonly string[], files: Files, color = false) =>
  runMigrate(argv, files, { color });

describe('for machines', () => {
  test('a valid file is one line with its model', async () => {
    const { code, json } = await run(['validate', '-o', 'json', 'a'], { a: SOUND });
    expect(code).toBe(0);
    expect(json()).toEqual([
      {
        file: 'a',
        valid: true,
        model: {
          pools: [
            {
              name: 'teal',
              cidrs: ['192.0.2.0/24'],
              autoAssign: true,
              avoidBuggyIPs: false,
              serviceAllocation: null,
              layer2: [{ nodeSelectors: [''], interfaces: [] }],
              bgp: [],
            },
          ],
          peers: [],
          bfdProfiles: [],
        },
      },
    ]);
  });

  test('a refused file is one line with every error, its place counted in the file', async () => {
    const { code, json } = await run(['validate', '-o', 'json', 'a'], { a: configMap(TYPO) });
    const line = 'line 3: field peer-adress not found in type config.peer';
    expect(code).toBe(1);
    expect(json()).toEqual([
      {
        file: 'a',
        valid: false,
        errors: [
          {
            message: `could not parse config: yaml: unmarshal errors:\n  ${line}`,
            reason: 'unknown-field',
            path: 'peers[0].peer-adress',
            line: 8,
            column: 7,
            didYouMean: 'peer-address',
          },
        ],
      },
    ]);
  });

  test('warnings do not make a file invalid', async () => {
    const text = SOUND.replace('192.0.2.0/24', '"192.0.2.0-2001:db8::1"');
    const { code, json } = await run(['validate', '-o', 'json', 'a'], { a: text });
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { valid: true, warnings: [{ reason: 'pool-mixed-families', line: 2 }] },
    ]);
  });

  test('each file stands alone, and one that cannot be read does not keep the others from it', async () => {
    const { code, json } = await run(['validate', '-o', 'json', 'a', 'gone', 'b', '-'], {
      a: TYPO,
      b: SOUND,
      '-': SOUND,
    });
    expect(code).toBe(2);
    expect(json()).toMatchObject([
      { file: 'a', valid: false },
      { file: 'gone', valid: false, errors: [{ reason: 'unreadable', message: 'no such file' }] },
      { file: 'b', valid: true },
      { file: '-', valid: true },
    ]);
  });

  test('the release and the mode decide', async () => {
    const text = 'bfd-profiles: [{name: fast}]\n';
    const outcome = async (...options: string[]) => {
      const { json } = await run(['validate', '-o', 'json', ...options, 'a'], { a: text });
      const [{ errors = [] }] = json() as [{ errors?: { reason: string; hint?: string }[] }];
      return errors.map(({ reason, hint }) => hint ?? reason);
    };
    expect(await outcome()).toEqual([]);
    expect(await outcome('--mode', 'native')).toEqual(['native-bfd-section']);
    expect(await outcome('--mode', 'frr')).toEqual([]);
    expect(await outcome('--compat', 'v0.11')).toEqual(['bfd-profiles is known since v0.12']);
  });
});

describe('for people', () => {
  test('an error is its place, the line, a caret and what was meant', async () => {
    const { code, printed } = await run(['validate', 'a'], { a: TYPO });
    expect(code).toBe(1);
    expect(printed).toEqual([
      'a:3:3: field peer-adress not found in type config.peer (at peers[0].peer-adress)',
      '      peer-adress: 192.0.2.1',
      '      ^',
      '    did you mean "peer-address"?',
    ]);
  });

  test('a valid file is counted through', async () => {
    expect(await run(['validate', 'a'], { a: SOUND })).toMatchObject({
      code: 0,
      printed: ['a: valid: 1 pool, 0 peers'],
    });
  });

  test('color is for terminals only', async () => {
    const colored = await run(['validate', 'a'], { a: TYPO }, true);
    expect(colored.printed.join('')).toContain('\u001b[31m^');
    expect((await run(['validate', 'a'], { a: TYPO })).printed.join('')).not.toContain('\u001b');
  });

  test.each([
    ['peers: [{my-asn: "1", password: hunter2}]\n'],
    ['peers: [{password: "hunter2", my-asn: "1"}]\n'],
    ["peers: [{my-asn: '1', 'password': 'x''hunter2'}]\n"],
    ["peers: [{my-asn: '1', password: 'x', password: x}hunter2\n"],
    ['peers:\n- password:\n    hunter2: x\n'],
    ['peers:\n- password: !!int hunter2\n'],
    ['peers:\n- password: *hunter2\n'],
    ['peers:\n- password: |\n   x\n  hunter2\n'],
    [
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: { config: 'peers:\n- password: hunter2\n' },
      }),
    ],
  ])('a password is not shown: %j', async (text) => {
    const { code, printed } = await run(['validate', 'a'], { a: text });
    expect(code).toBe(1);
    expect(printed.join('\n')).not.toContain('hunter2');
    const machine = await run(['validate', '-o', 'json', 'a'], { a: text });
    expect(machine.printed.join('\n')).not.toContain('hunter2');
  });
});

describe('what a file holds', () => {
  const reasonOf = async (content: string | Uint8Array): Promise<unknown> => {
    const { json } = await run(['validate', '-o', 'json', 'a'], { a: content });
    const [{ valid, errors }] = json() as [{ valid: boolean; errors?: { reason: string }[] }];
    return valid || errors?.[0]?.reason;
  };
  const named = (name: string) => configMap(SOUND).replace('name: config', `name: ${name}`);

  test('one configuration among other objects is the one meant', async () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n';
    expect(await reasonOf(`${service}---\n${named('metallb')}`)).toBe(true);
    expect(await reasonOf(service)).toBe('no-configuration');
  });

  test('of several the one named config is meant, and without it none', async () => {
    expect(await reasonOf(`${named('old')}---\n${named('config')}`)).toBe(true);
    expect(await reasonOf(`${named('old')}---\n${named('new')}`)).toBe('ambiguous-input');
    expect(await reasonOf(`${named('config')}---\n${named('config')}`)).toBe('ambiguous-input');
  });

  test('text comes as UTF-8 or UTF-16, and octets that are no text are refused', async () => {
    expect(await reasonOf(Buffer.from(`\ufeff${SOUND}`))).toBe(true);
    expect(await reasonOf(Buffer.from(`\ufeff${SOUND}`, 'utf16le'))).toBe(true);
    expect(await reasonOf(Buffer.from(`\ufeff${SOUND}`, 'utf16le').swap16())).toBe(true);
    expect(await reasonOf(Uint8Array.of(0x61, 0xff, 0x0a))).toBe('yaml-syntax');
  });
});

describe('the command line', () => {
  test.each([
    [['validate']],
    [['validate', '--mode', 'x', 'a']],
    [['validate', '--nope', 'a']],
    [[]],
    [['cook']],
  ])('%j is not understood', async (argv) => {
    const { code, printed, complained } = await run(argv, { a: SOUND });
    expect([code, printed]).toEqual([2, []]);
    expect(complained).not.toEqual([]);
  });

  test('help has an example', async () => {
    const { code, printed } = await run(['validate', '--help'], {});
    expect(code).toBe(0);
    expect(printed.join('\n')).toContain('metal-migrate validate --mode native -');
  });

  test('the cluster is asked where it is named', async () => {
    expect(await run(['validate', 'cluster'], {})).toMatchObject({
      code: 2,
      complained: ['cluster: no cluster'],
    });
  });
});
