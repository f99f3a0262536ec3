import type { Random } from '../../../src/runtime/platform/ports.ts';
import { bgpMessage, hex, openMessage, toHex, updateMessage } from './octets.ts';

/** A message that the RFCs allow, written without the product's encoders. */
export function validMessage(random: Random): Uint8Array {
  const roll = random.float();
  // UPDATE has most of what can go wrong.
  if (roll < 0.6) return validUpdate(random);
  if (roll < 0.8) return validOpen(random);
  if (roll < 0.9) return validNotification(random);
  return roll < 0.95
    ? bgpMessage(4, new Uint8Array())
    : bgpMessage(5, hex(oneOf(['00010001', '00020001', '00010101', '00020201'], random)));
}

/** Where the attributes of an UPDATE begin; none of anything else. */
export function attributePositions(octets: Uint8Array): number[] {
  if (octets[18] !== 2 || octets.length < 23) return [];
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const start = 21 + view.getUint16(19);
  if (start + 2 > octets.length) return [];
  const end = Math.min(octets.length, start + 2 + view.getUint16(start));
  const positions: number[] = [];
  for (let at = start + 2; at + 4 <= end;) {
    positions.push(at);
    const extended = ((octets[at] ?? 0) & 0x10) !== 0;
    at += extended ? 4 + view.getUint16(at + 2) : 3 + view.getUint8(at + 2);
  }
  return positions;
}

function validUpdate(random: Random): Uint8Array {
  const withdrawn = chance(0.3, random) ? prefixes(4, random) : '';
  const nlri = chance(0.6, random) ? prefixes(4, random) : '';
  const reach = nlri === '' || chance(0.2, random) ? [mpReach(random)] : [];
  if (chance(0.1, random)) return updateMessage({ withdrawn });
  if (chance(0.1, random)) return updateMessage({ attributes: mpUnreach(random) });
  const attributes = [
    ...reach,
    ...(chance(0.1, random) ? [mpUnreach(random)] : []),
    attribute('40', '01', `0${below(3, random)}`),
    attribute('40', '02', asPath(random)),
    ...(nlri === '' ? [] : ['400304c0000201']),
    ...OPTIONAL.filter(() => chance(0.3, random)).map((make) => make(random)),
  ];
  return updateMessage({ withdrawn, attributes: attributes.join(''), nlri });
}

const OPTIONAL: readonly ((random: Random) => string)[] = [
  (random) => attribute('80', '04', octets(4, random)),
  (random) => attribute('40', '05', octets(4, random)),
  () => attribute('40', '06', ''),
  (random) => attribute('c0', '07', octets(oneOf([6, 8], random), random)),
  (random) => attribute('c0', '08', octets(4 * (1 + below(80, random)), random)),
  (random) => attribute('80', '09', octets(4, random)),
  (random) => attribute('80', '0a', octets(4 * (1 + below(3, random)), random)),
  (random) => attribute('c0', '10', octets(8 * (1 + below(3, random)), random)),
  () => attribute('c0', '11', '0202fa56ea010000fc00'),
  (random) => attribute('c0', '12', octets(8, random)),
  (random) => attribute('c0', '20', octets(12 * (1 + below(3, random)), random)),
  // Unknown to this speaker: an entropy label, and ATTR_SET, which others have stumbled over.
  () => attribute('c0', '1c', ''),
  (random) => attribute('c0', '80', octets(10, random)),
];

function mpReach(random: Random): string {
  const ipv6 = `20010db8${'00'.repeat(11)}01`;
  const linkLocal = `fe80${'00'.repeat(13)}01`;
  const value = oneOf(
    [
      `0002 01 10 ${ipv6} 00 ${prefixes(16, random)}`,
      `0002 01 20 ${ipv6} ${linkLocal} 00 ${prefixes(16, random)}`,
      `0001 01 04 c0000201 00 ${prefixes(4, random)}`,
      // A layer-2 VPN.
      `0019 46 04 c0000201 00 ${octets(20, random)}`,
    ],
    random,
  );
  return attribute('80', '0e', value);
}

function mpUnreach(random: Random): string {
  const value = oneOf(
    [`0002 01 ${prefixes(16, random)}`, '0002 01', `0001 01 ${prefixes(4, random)}`, '0019 46'],
    random,
  );
  return attribute('80', '0f', value);
}

function asPath(random: Random): string {
  return oneOf(
    ['', '0201 0000fc01', '0201 fc01', '0202 0000fc01 fa56ea01', '0201 fc01 0102 fc02 fc03'],
    random,
  );
}

function validOpen(random: Random): Uint8Array {
  const capabilities = CAPABILITIES.filter(() => chance(0.5, random))
    .join('')
    .replaceAll(' ', '');
  const size = capabilities.length / 2;
  const parameters = oneOf(
    [
      '00',
      // One for all of them.
      `${byte(size + 2)} 02 ${byte(size)} ${capabilities}`,
      // The extended form, RFC 9072.
      `ff ff ${byte(0)}${byte(size + 3)} 02 00${byte(size)} ${capabilities}`,
    ],
    random,
  );
  return openMessage({ parameters, holdTime: oneOf(['0000', '0003', '005a'], random) });
}

const CAPABILITIES = [
  '0104 0001 00 01',
  '0104 0002 00 01',
  '0104 0019 00 46',
  '0200',
  '4006 8078 0001 01 80',
  '4104 0000fc01',
  // Enhanced route refresh, a host's name, add-path.
  '4600',
  '4907 06 726f75746572',
  '4504 0001 01 03',
];

function validNotification(random: Random): Uint8Array {
  const text = Buffer.from(oneOf(['maintenance', 'até logo', ''], random)).toString('hex');
  const body = oneOf(
    [
      `0602 ${byte(text.length / 2)} ${text}`,
      `0609 0604 ${byte(text.length / 2)} ${text}`,
      '0400',
      '0202',
      '0104 ffff',
    ],
    random,
  );
  return bgpMessage(3, hex(body));
}

/** Flags, code, length, value; a length of two octets where it has to be. */
function attribute(flags: string, code: string, value: string): string {
  const size = value.replaceAll(' ', '').length / 2;
  if (size <= 255) return `${flags}${code}${byte(size)}${value}`;
  const extended = (Number.parseInt(flags, 16) | 0x10).toString(16);
  return `${extended}${code}${byte(size >> 8)}${byte(size & 0xff)}${value}`;
}

function prefixes(width: 4 | 16, random: Random): string {
  const list = Array.from({ length: 1 + below(6, random) }, () => {
    const length = below(width * 8 + 1, random);
    return byte(length) + octets(Math.ceil(length / 8), random);
  });
  return list.join('');
}

function octets(count: number, random: Random): string {
  return toHex(random.bytes(count));
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0');
}

function chance(probability: number, random: Random): boolean {
  return random.float() < probability;
}

function below(limit: number, random: Random): number {
  return Math.floor(random.float() * limit);
}

function oneOf<T>(choices: readonly T[], random: Random): T {
  return choices[below(choices.length, random)]!;
}
