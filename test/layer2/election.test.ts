import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elect, electionSubject } from '../../src/runtime/layer2/index.ts';
import { electionOrder } from '../../src/runtime/layer2/election.ts';
import { type IpAddress, parseIp } from '../../src/runtime/net/index.ts';

const nodes = ['alpha', 'bravo', 'charlie', 'delta'];
const some = '192.0.2.10' as IpAddress;

describe('the election agrees with the original', () => {
  // legacy.md §10.1
  test.each([
    ['192.0.2.10', 'charlie bravo delta alpha'],
    ['192.0.2.11', 'charlie bravo alpha delta'],
    ['192.0.2.12', 'bravo alpha delta charlie'],
    ['2001:db8::a', 'charlie alpha bravo delta'],
    ['2001:DB8:0:0::000b', 'alpha charlie delta bravo'],
    ['::ffff:192.0.2.10', 'charlie bravo delta alpha'],
  ])('since v0.11 for %s: %s', (text, order) => {
    const contest = { service: 'default/web', firstAddress: parseIp(text)! };
    for (const compat of ['v0.11', 'v0.12', 'v0.13'] as const) {
      expect(electionOrder(nodes, electionSubject(contest, compat)).join(' ')).toBe(order);
    }
  });

  test.each([
    ['default/web', 'bravo alpha delta charlie'],
    ['kube-system/dns', 'delta bravo charlie alpha'],
  ])('in v0.10 for %s: %s', (service, order) => {
    const subject = electionSubject({ service, firstAddress: some }, 'v0.10');
    expect(electionOrder(nodes, subject).join(' ')).toBe(order);
  });
});

test('nobody wins without candidates', () => {
  expect(elect([], some)).toBeUndefined();
});

const name = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
const candidates = fc.uniqueArray(name, { minLength: 1, maxLength: 8 });
const address = fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `198.51.${a}.${b}`);

test('every order of the same candidates elects the same one of them', () => {
  fc.assert(
    fc.property(candidates, address, (all, subject) => {
      const winner = elect(all, subject);
      expect(all).toContain(winner);
      expect(elect([...all.toReversed(), ...all], subject)).toBe(winner);
    }),
  );
});

test('a newcomer wins or changes nothing', () => {
  fc.assert(
    fc.property(candidates, name, address, (all, newcomer, subject) => {
      expect([elect(all, subject), newcomer]).toContain(elect([...all, newcomer], subject));
    }),
  );
});

test('the loss of a node moves only what it announced', () => {
  fc.assert(
    fc.property(candidates, fc.nat(), address, (all, pick, subject) => {
      const lost = all[pick % all.length]!;
      const rest = all.filter((node) => node !== lost);
      const winner = elect(all, subject);
      if (winner !== lost) expect(elect(rest, subject)).toBe(winner);
      else expect(elect(rest, subject)).toBe(electionOrder(all, subject)[1]);
    }),
  );
});
