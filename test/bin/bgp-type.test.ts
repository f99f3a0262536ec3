import { describe, expect, test } from 'vitest';
import {
  type Environment,
  NODE,
  controller,
  exitOf,
  speaker,
  speakerStarts,
} from '../support/command-lines.ts';

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
