import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  type Exit,
  type SpeakerOptions,
  controllerOptions,
  speakerOptions,
} from '../../src/runtime/bin/flags/index.ts';

type Environment = Record<string, string>;

const POD = { podNamespace: 'metallb-system' };
const NODE = { METALLB_NODE_NAME: 'alpha' };

function controller(argv: string[], environment: Environment = {}) {
  return controllerOptions(argv, { environment, ...POD });
}

function speaker(argv: string[], environment: Environment = NODE) {
  return speakerOptions(argv, { environment, ...POD });
}

function speakerStarts(argv: string[], environment?: Environment): SpeakerOptions {
  const line = speaker(argv, environment);
  if (line.kind === 'exit') throw new Error(`exits: ${line.stderr}${inspect(line.log)}`);
  return line.options;
}

function exitOf(line: { kind: 'options' } | Exit): Exit {
  if (line.kind === 'options') throw new Error('starts');
  return line;
}

describe('METALLB_BGP_TYPE', () => {
  test.each<[value: string | undefined, mode: string]>([
    [undefined, 'native'],
    ['native', 'native'],
    ['frr', 'frr'],
  ])('%j means mode %s', (value, mode) => {
    const environment = value === undefined ? NODE : { ...NODE, METALLB_BGP_TYPE: value };
    expect(speakerStarts([], environment).mode).toBe(mode);
  });

  test.each(['', 'FRR', 'bird'])('%j ends the speaker', (value) => {
    expect(exitOf(speaker([], { ...NODE, METALLB_BGP_TYPE: value }))).toEqual({
      kind: 'exit',
      code: 2,
      stdout: '',
      stderr: `unsupported BGP implementation type: ${value}\n`,
    });
  });

  test.each(['FRR', 'bird'])('%j means FRR mode under v0.13', (value) => {
    const environment = { ...NODE, METALLB_BGP_TYPE: value };
    expect(speakerStarts(['-compat=v0.13'], environment).mode).toBe('frr');
  });

  test('means nothing to releases before v0.12, and nothing to the controller', () => {
    const environment = { ...NODE, METALLB_BGP_TYPE: 'bird' };
    expect(speakerStarts(['-compat=v0.11'], environment).mode).toBe('native');
    expect(controller([], environment).kind).toBe('options');
  });

  test.each<[value: string | undefined, mode: string]>([
    [undefined, 'native'],
    ['native', 'native'],
    ['frr', 'frr'],
    ['', 'none'],
    ['bird', 'none'],
  ])('METALLB_BGP_TYPE %j means mode %s to a controller of v0.13', (value, mode) => {
    const environment: Environment = value === undefined ? {} : { METALLB_BGP_TYPE: value };
    expect(controller(['-compat=v0.13'], environment)).toMatchObject({ options: { mode } });
  });
});
