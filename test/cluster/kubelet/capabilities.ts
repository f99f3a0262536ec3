import type { Capabilities } from 'kubernetes-types/core/v1.d.ts';

/** Numbers of linux/capability.h, for those that pods ask for. */
const NUMBERS: Readonly<Record<string, number>> = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  NET_BIND_SERVICE: 10,
  NET_ADMIN: 12,
  NET_RAW: 13,
  SYS_CHROOT: 18,
  SYS_ADMIN: 21,
  MKNOD: 27,
  AUDIT_WRITE: 29,
  SETFCAP: 31,
};
/** What a container has unless its pod drops it. */
const DEFAULT = Object.keys(NUMBERS).filter((name) => !/^(NET|SYS)_ADMIN$/.test(name));

/** The capabilities of a container: the runtime's default, less what is dropped, and what is added. */
export function capabilityNumbers({ add = [], drop = [] }: Capabilities = {}): number[] {
  const dropped = new Set(drop.map((name) => name.toUpperCase()));
  const kept = dropped.has('ALL') ? [] : DEFAULT.filter((name) => !dropped.has(name));
  return [...new Set([...kept, ...add.map((name) => name.toUpperCase())])].map(numberOf);
}

function numberOf(name: string): number {
  const number = NUMBERS[name];
  if (number === undefined) throw new Error(`capability ${name} is not known here`);
  return number;
}
