/** Of /proc/net/udp: columns split by blanks. */
const LOCAL_ADDRESS = 1;
const USER = 7;
const INODE = 9;

/** What can be told of a socket that somebody else has. */
export interface HeldSocket {
  readonly inode: string;
  readonly user: string;
}

/** The sockets at a local port, as /proc/net/udp or /proc/net/udp6 lists them. */
export function socketsAt(port: number, table: string): readonly HeldSocket[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[LOCAL_ADDRESS]?.endsWith(suffix) === true)
    .map((columns) => ({ inode: columns[INODE] ?? '', user: columns[USER] ?? '' }));
}
