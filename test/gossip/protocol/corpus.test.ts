import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/runtime/model/index.ts';
import { openDatagram } from '../../../src/runtime/gossip/protocol/datagram.ts';
import type { DropReason } from '../../../src/runtime/gossip/protocol/drop.ts';
import { Keyring, deriveKey } from '../../../src/runtime/gossip/protocol/keyring.ts';
import { StreamReader } from '../../../src/runtime/gossip/protocol/stream/reader.ts';
import type { StreamRefusal } from '../../../src/runtime/gossip/protocol/stream/refusal.ts';
import corpus from '../../fixtures/gossip/corpus.json' with { type: 'json' };
import { octetsOf } from '../../support/gossip/octets.ts';

interface Case {
  readonly name: string;
  readonly on: string;
  readonly octets: string;
  readonly secret?: string;
  readonly label?: string;
  readonly messages?: readonly string[];
  readonly dropped?: readonly string[];
  readonly message?: string;
  readonly refused?: string;
}

const cases: readonly Case[] = corpus;
const datagrams = cases.filter(({ on }) => on === 'datagram');
const streams = cases.filter(({ on }) => on === 'stream');

function ringOf({ secret, label = '' }: Case): { keys: Keyring | undefined; label: string } {
  const keys = secret === undefined ? undefined : new Keyring([deriveKey(new Secret(secret), 16)]);
  return { keys, label };
}

const DROPS: Readonly<Record<DropReason, true>> = {
  label: true,
  decryption: true,
  checksum: true,
  compression: true,
  oversized: true,
  truncatedCompound: true,
  tooDeep: true,
  malformed: true,
  unknownType: true,
};
const REFUSALS: Readonly<Record<StreamRefusal, true>> = {
  label: true,
  notEncrypted: true,
  encrypted: true,
  decryption: true,
  compression: true,
  oversized: true,
  malformed: true,
  truncated: true,
  unknownType: true,
};

describe('a datagram', () => {
  test.each(datagrams)('$name is read as what it is', (given) => {
    const { messages, dropped } = openDatagram(octetsOf(given.octets), ringOf(given));
    expect(messages.map(({ type }) => type)).toEqual(given.messages);
    expect(dropped).toEqual(given.dropped);
  });

  test('is dropped for each reason there is', () => {
    const seen = new Set(datagrams.flatMap(({ dropped }) => dropped ?? []));
    expect([...seen].sort()).toEqual(Object.keys(DROPS).sort());
  });
});

describe('a stream', () => {
  const outcomeOf = (reader: StreamReader, chunks: readonly Uint8Array[]): string => {
    for (const chunk of chunks) reader.feed(chunk);
    const outcome = reader.end();
    return outcome.kind === 'message' ? outcome.message.type : outcome.reason;
  };

  test.each(streams)('$name is read as what it is, in one piece and octet by octet', (given) => {
    const octets = octetsOf(given.octets);
    const context = { ...ringOf(given), side: 'accepting' } as const;
    const wanted = given.message ?? given.refused;
    expect(outcomeOf(new StreamReader(context), [octets])).toBe(wanted);
    const pieces = Array.from(octets, (octet) => Uint8Array.of(octet));
    expect(outcomeOf(new StreamReader(context), pieces)).toBe(wanted);
  });

  test('is refused for each reason there is', () => {
    const seen = new Set(streams.flatMap(({ refused }) => refused ?? []));
    expect([...seen].sort()).toEqual(Object.keys(REFUSALS).sort());
  });
});
