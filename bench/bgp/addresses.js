/** The network between the announcers and FRR. */
export const LINK = { frr: '198.51.100.2', announcer: '198.51.100.1', length: 30 };
export const AS = { frr: 64513, announcer: 64512 };

/** Each announces one of 198.18.0.0/15, which is for measurements: RFC 2544. */
export const MOST = 2 ** 17;

/** @param index - below {@link MOST} */
export function addressOf(index) {
  return `198.${18 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
}
