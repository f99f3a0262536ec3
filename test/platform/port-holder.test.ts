import { createSocket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { holderOf } from '../../src/runtime/platform/socket/port-holder.ts';
import { socketsAt } from '../../src/runtime/platform/socket/socket-table.ts';

const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  612: 00000000:0EC8 00000000:0000 07 00000000:00000000 00:00000000 00000000   92        0 48231 2 0000000000000000 0
  613: 0100007F:0EC9 00000000:0000 07 00000000:00000000 00:00000000 00000000    0        0 48232 2 0000000000000000 0
`;

describe('who holds a port', () => {
  test('is read from the table of the kernel', () => {
    expect(socketsAt(3784, table)).toEqual([{ inode: '48231', user: '92' }]);
    expect(socketsAt(4784, table)).toEqual([]);
    expect(socketsAt(3784, '')).toEqual([]);
  });

  test('is told without a name if it cannot be seen, or is nobody', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    // This very process is not somebody else.
    expect(await holderOf(port)).toMatch(
      `UDP port ${port} is held by a process that cannot be seen from here (user `,
    );
    await new Promise<void>((resolve) => void socket.close(() => resolve()));
    expect(await holderOf(port)).toContain('held by nobody');
  });
});
