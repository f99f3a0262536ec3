import { execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { Operation, decodeArp, encodeArp } from '../../arp/index.ts';
import {
  BROADCAST,
  type IpAddress,
  type MacAddress,
  MalformedError,
  UNSPECIFIED,
  decodeFrame,
  encodeFrame,
  parseIp,
} from '../../net/index.ts';
import { type Libc, loadLibc, openPacketSocket } from '../../platform/index.ts';

/** What the requester says on its standard output, one JSON object a line. */
export type RequesterReport =
  | { readonly type: 'ready' }
  | { readonly type: 'unable'; readonly message: string }
  /** `frame`, in hexadecimal, is what the socket received; absent: nobody answered. */
  | { readonly type: 'answer'; readonly address: string; readonly frame?: string };

interface Station {
  readonly libc: Libc;
  readonly fd: number;
  readonly mac: MacAddress;
}

const ETHERTYPE_ARP = 0x0806;
/** The socket hears ARP only; of that, everything. */
const EVERYTHING = [[0x06, 0, 0, 0x40000]] as const;
/** Questions, and milliseconds between two: an address is announced moments after it is assigned. */
const QUESTIONS = 10;
const BETWEEN = 200;
/** As whom the requester asks. */
const ASKER = '192.168.31.1' as IpAddress;

/**
 * The other end of the cable: asks by ARP for every address it reads from standard input and prints the frame that
 * came back. Waits for a first line before it touches the interface, and ends with its input.
 */
export async function request(interfaceName: string): Promise<void> {
  say({ type: 'ready' });
  let station: Station | undefined;
  for await (const line of createInterface(process.stdin)) {
    try {
      station ??= await open(interfaceName);
      const address = parseIp(line);
      if (address !== undefined) say(await ask(station, address));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      say({ type: 'unable', message: error.message });
    }
  }
}

async function open(interfaceName: string): Promise<Station> {
  const libc = await loadLibc('The quick start');
  execFileSync('ip', ['link', 'set', interfaceName, 'up']);
  const shown = execFileSync('ip', ['-json', 'link', 'show', interfaceName], { encoding: 'utf8' });
  const [link] = JSON.parse(shown) as { ifindex: number; address: MacAddress }[];
  if (link === undefined) throw new Error(`no interface ${interfaceName}`);
  const fd = openPacketSocket(libc, link.ifindex, ETHERTYPE_ARP, EVERYTHING);
  return { libc, fd, mac: link.address };
}

async function ask(station: Station, address: IpAddress): Promise<RequesterReport> {
  const { libc, fd, mac } = station;
  const sender = { mac, ip: ASKER };
  const target = { mac: UNSPECIFIED, ip: address };
  const payload = encodeArp({ operation: Operation.Request, sender, target });
  const question = { destination: BROADCAST, source: mac, etherType: ETHERTYPE_ARP, payload };
  const octets = encodeFrame(question);
  receiveAll(station);
  for (let count = 0; count < QUESTIONS; count += 1) {
    libc.send(fd, octets, octets.length, 0);
    await pause(BETWEEN);
    const answer = receiveAll(station).find((frame) => answers(frame, station, address));
    if (answer === undefined) continue;
    return { type: 'answer', address, frame: Buffer.from(answer).toString('hex') };
  }
  return { type: 'answer', address };
}

function receiveAll({ libc, fd }: Station): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const buffer = new Uint8Array(2048);
  for (;;) {
    const length = libc.recv(fd, buffer, buffer.length, 0);
    if (length <= 0) return frames;
    frames.push(buffer.slice(0, length));
  }
}

/** Whether a frame is a reply to this very station about the address. */
function answers(octets: Uint8Array, { mac }: Station, address: IpAddress): boolean {
  try {
    const { destination, payload } = decodeFrame(octets);
    const { operation, sender } = decodeArp(payload);
    return destination === mac && operation === Operation.Reply && sender.ip === address;
  } catch (error) {
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

function say(report: RequesterReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
