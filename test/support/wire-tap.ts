/** A program for a network namespace: sends raw frames on one link and tells every frame seen on it, in JSON lines. */
import { createInterface } from 'node:readline';
import { openPacketSocket } from '../../src/runtime/platform/socket/packet-socket.ts';
import { checked, loadLibc } from '../../src/runtime/platform/socket/libc.ts';

export interface TapReport {
  /** Milliseconds, monotonic. */
  readonly at: number;
  /** Hexadecimal. */
  readonly frame: string;
}

const ETH_P_ALL = 3;
const EVERYTHING = [[0x06, 0, 0, 0x40000]] as const;

const libc = await loadLibc('the test');
const index = Number(process.argv[2]);
const socket = openPacketSocket(libc, index, ETH_P_ALL, EVERYTHING);
const buffer = Buffer.alloc(4096);

function drain(): void {
  for (;;) {
    const length = libc.recv(socket, buffer, buffer.length, 0);
    if (length < 0) return;
    tell(buffer.toString('hex', 0, length));
  }
}

function tell(frame: string, at = performance.now()): void {
  const report: TapReport = { at, frame };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

const timer = setInterval(drain, 1);
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const frame = Buffer.from(line, 'hex');
  // The kernel does not show a socket what it sent itself; the time is that before sending.
  const at = performance.now();
  checked(libc, libc.send(socket, frame, frame.length, 0), 'send');
  tell(line, at);
  drain();
});
input.on('close', () => clearInterval(timer));
process.stdout.write('\n');
