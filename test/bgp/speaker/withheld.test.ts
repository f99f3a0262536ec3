import { describe, expect, test } from 'vitest';
import { announced, internalPeer, peer } from '../../support/bgp.ts';
import { BgpSpeakerScene, FRR } from '../../support/bgp-speaker-scene.ts';
import { ip } from '../../support/views.ts';

const outer = peer('outer');
const inner = internalPeer('inner');
const web = announced('default/web', 'lan', '198.51.100.7');

describe('what is withheld', () => {
  const six = announced('default/six', 'lan', '2001:db8::7');

  test('is told once, and again when it is over', () => {
    const scene = new BgpSpeakerScene();
    scene.configure([outer]);
    scene.speaker.announce(six);
    scene.speaker.announce(web);
    scene.configure([{ ...outer, keepaliveTimeSeconds: 3 }]);
    expect(scene.problems).toMatchObject([
      ['default/six', [{ message: 'cannot advertise non-v4 prefix "2001:db8::7/128"' }]],
    ]);
    scene.speaker.withdraw('default/six');

    expect(scene.problems.slice(1)).toEqual([['default/six', []]]);
  });

  test('names the peers where the node has no next hop, and heals when it has one', () => {
    const scene = new BgpSpeakerScene(FRR);
    scene.configure([peer('v6', { address: ip('2001:db8:1::1') })]);
    scene.speaker.announce(web);
    scene.sessions.to('v6').establish(undefined, ip('2001:db8:1::10'));
    scene.pass();
    expect(scene.problems).toMatchObject([
      [
        'default/web',
        [
          {
            message:
              'cannot advertise "198.51.100.7/32" to peer v6: this node has no IPv4 address to be the next hop',
          },
        ],
      ],
    ]);
    scene.speaker.place({ labels: {}, addresses: { ipv4: ip('192.0.2.10') } });
    expect(scene.heard()).toEqual({ v6: ['end ipv4', 'end ipv6', '+198.51.100.7/32'] });
    expect(scene.sessions.to('v6').routes.get('198.51.100.7/32')).toBe('via 192.0.2.10');
    expect(scene.problems.slice(1)).toEqual([['default/web', []]]);
    scene.speaker.place({ labels: {}, addresses: { ipv4: ip('192.0.2.12') } });
    expect(scene.heard()).toEqual({ v6: ['+198.51.100.7/32'] });
    expect(scene.sessions.to('v6').routes.get('198.51.100.7/32')).toBe('via 192.0.2.12');
  });

  test('by a peer that takes no such family is told only where no other peer takes it', () => {
    const scene = new BgpSpeakerScene(FRR);
    const v6 = peer('v6', { address: ip('2001:db8:1::1') });
    scene.configure([outer, v6]);
    scene.sessions.to('outer').establish(['ipv4']);
    scene.speaker.announce(six);
    expect(scene.problems).toEqual([]);
    scene.sessions.to('v6').establish(['ipv4'], ip('2001:db8:1::10'));
    scene.pass();

    expect(scene.problems).toMatchObject([
      [
        'default/six',
        [
          {
            message:
              'cannot advertise "2001:db8::7/128" to peers outer, v6: no IPv6 routes are taken there',
          },
        ],
      ],
    ]);
  });

  test('by peers that come up together is told once for all of them', () => {
    const scene = new BgpSpeakerScene(FRR);
    scene.configure([outer, inner]);
    scene.speaker.announce(six);
    for (const one of scene.sessions.alive) one.establish(['ipv4']);
    scene.pass();

    expect(scene.problems.map(([, problems]) => problems.map(({ message }) => message))).toEqual([
      ['cannot advertise "2001:db8::7/128" to peers outer, inner: no IPv6 routes are taken there'],
    ]);
  });
});
