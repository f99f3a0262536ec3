import { afterEach, describe, expect, test } from 'vitest';
import { eventually, never } from '../../cluster/index.ts';
import { bgpMessage, hex, updateMessage } from '../../support/bgp/octets.ts';
import { AnnouncingNode } from '../../support/bgp-peers/announcing-node.ts';
import { type Caller, ScriptedPeer } from '../../support/bgp-peers/scripted-peer.ts';

const ADDRESS = '192.0.2.11';
const ORIGIN = '40010100';
const AS_PATH = '4002 06 0201 0000fc01';
const NEXT_HOP = '400304 c000020b';
const SOUND = ORIGIN + AS_PATH + NEXT_HOP;
const NLRI = '18c63364';

const peers: ScriptedPeer[] = [];
const nodes: AnnouncingNode[] = [];

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
  for (const peer of peers.splice(0)) peer.stop();
});

/** A session with a peer that is to say something wrong. */
async function establish(): Promise<{ node: AnnouncingNode; peer: ScriptedPeer; caller: Caller }> {
  const peer = await ScriptedPeer.start(ADDRESS, (caller) => caller.establish());
  peers.push(peer);
  const node = new AnnouncingNode();
  nodes.push(node);
  node.announce('default/web', ['203.0.113.10']);
  node.configure(`
peers:
- {peer-address: ${ADDRESS}, peer-asn: 64513, my-asn: 64512}
address-pools:
- {name: default, protocol: bgp, addresses: [203.0.113.0/24]}
`);
  const caller = await eventually('there is a session', () => peer.caller);
  await caller.hears('update');
  return { node, peer, caller };
}

/** Faults that RFC 7606 has survive: what the log says of them. */
const BORNE: readonly {
  readonly name: string;
  readonly update: Parameters<typeof updateMessage>[0];
  readonly severity: 'disableFamily' | 'treatAsWithdraw' | 'attributeDiscard' | undefined;
  readonly error?: string;
}[] = [
  {
    name: 'an unknown transitive attribute',
    update: { attributes: `${SOUND} c0ff04 deadbeef`, nlri: NLRI },
    severity: undefined,
  },
  {
    name: 'a transitive attribute of entropy labels, which others reset over',
    update: { attributes: `${SOUND} e01c00`, nlri: NLRI },
    severity: undefined,
  },
  {
    name: 'a tunnel encapsulation that makes no sense',
    update: { attributes: `${SOUND} c01704 ffffffff`, nlri: NLRI },
    severity: undefined,
  },
  {
    name: 'an ORIGIN that there is not',
    update: { attributes: `40010109 ${AS_PATH} ${NEXT_HOP}`, nlri: NLRI },
    severity: 'treatAsWithdraw',
    error: 'ORIGIN',
  },
  {
    name: 'an AS_PATH whose segment is longer than it',
    update: { attributes: `${ORIGIN} 4002 06 0209 0000fc01 ${NEXT_HOP}`, nlri: NLRI },
    severity: 'treatAsWithdraw',
    error: 'AS_PATH',
  },
  {
    name: 'no NEXT_HOP',
    update: { attributes: ORIGIN + AS_PATH, nlri: NLRI },
    severity: 'treatAsWithdraw',
    error: 'NEXT_HOP',
  },
  {
    name: 'communities of three octets',
    update: { attributes: `${SOUND} c00803 fc0100`, nlri: NLRI },
    severity: 'treatAsWithdraw',
    error: 'COMMUNITIES',
  },
  {
    name: 'a list of attributes that ends within one',
    update: { attributes: `${SOUND} c008ff 00`, nlri: NLRI },
    severity: 'treatAsWithdraw',
    error: '',
  },
  {
    name: 'an AGGREGATOR of one octet',
    update: { attributes: `${SOUND} c00701 00`, nlri: NLRI },
    severity: 'attributeDiscard',
    error: 'AGGREGATOR',
  },
  {
    name: 'an ATOMIC_AGGREGATE with a value',
    update: { attributes: `${SOUND} 400601 00`, nlri: NLRI },
    severity: 'attributeDiscard',
    error: 'ATOMIC_AGGREGATE',
  },
  {
    name: 'IPv6 prefixes that are too long',
    update: { attributes: `${ORIGIN}${AS_PATH} 800e 17 0002 01 10 ${'20'.repeat(16)} 00 ff 20` },
    severity: 'disableFamily',
    error: 'MP_REACH_NLRI',
  },
];

/** What ends a session, and the NOTIFICATION that says so. */
const FATAL: readonly {
  readonly name: string;
  readonly octets: Uint8Array;
  readonly code: number;
  readonly subcode: number;
}[] = [
  {
    name: 'an unknown well-known attribute',
    octets: updateMessage({ attributes: `${SOUND} 40ff00`, nlri: NLRI }),
    ...{ code: 3, subcode: 2 },
  },
  {
    name: 'a prefix of 33 bits',
    octets: updateMessage({ attributes: SOUND, nlri: '21c633640000' }),
    ...{ code: 3, subcode: 10 },
  },
  {
    name: 'routes twice in one message',
    octets: updateMessage({
      attributes: `${ORIGIN}${AS_PATH} ${'800f03 000201'.repeat(2)}`,
    }),
    ...{ code: 3, subcode: 1 },
  },
  {
    name: 'lengths that lie',
    octets: bgpMessage(2, hex('ffff0000')),
    ...{ code: 3, subcode: 1 },
  },
  { name: 'noise', octets: hex('00'.repeat(64)), ...{ code: 1, subcode: 1 } },
  { name: 'a message of no type', octets: bgpMessage(99, hex('')), ...{ code: 1, subcode: 3 } },
  {
    name: 'a message of 4097 octets',
    octets: hex(`${'ff'.repeat(16)}1001 02`),
    ...{ code: 1, subcode: 2 },
  },
  {
    name: 'a keepalive with a body',
    octets: bgpMessage(4, hex('00')),
    ...{ code: 1, subcode: 2 },
  },
];

describe('a peer that says something malformed', () => {
  test.each(BORNE)('keeps its session: $name', async ({ update, severity, error = '' }) => {
    const { node, peer, caller } = await establish();
    for (let times = 0; times < 3; times += 1) caller.send(updateMessage(update));
    // Its answer comes after they were read.
    node.announce('default/other', ['203.0.113.11']);
    await eventually('the next route is here', () => updatesOf(caller).length >= 2);
    await never('it hangs up', () => caller.ended, 200);
    expect(peer.callers).toHaveLength(1);
    expect(await node.metric('metallb_bgp_session_up')).toBe(1);
    expect(node.logged('malformedUpdate')).toMatchObject(
      severity === undefined
        ? []
        : [{ peer: `${ADDRESS}:179`, severity, error: expect.stringContaining(error) as string }],
    );
  });

  test.each(FATAL)('loses it, and is told why: $name', async ({ octets, code, subcode }) => {
    const { node, peer, caller } = await establish();
    caller.send(octets);
    expect(await caller.hears('notification')).toMatchObject({ code, subcode });
    await eventually('it hangs up', () => caller.ended);
    expect(await node.metric('metallb_bgp_session_last_error')).toBe(1);
    expect(node.logged('sessionDown')).toHaveLength(1);
    await eventually('it is called again', () => peer.callers.length === 2);
    await peer.caller?.hears('update');
    expect(await node.metric('metallb_bgp_session_up')).toBe(1);
    expect(await node.metric('metallb_bgp_session_last_error')).toBeUndefined();
  });
});

function updatesOf({ heard }: Caller): readonly unknown[] {
  return heard.filter(({ type }) => type === 'update');
}
