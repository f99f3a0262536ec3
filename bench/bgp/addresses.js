/** The network between the announcers and FRR. */
export const LINK = { frr: '198.51.100.2', announcer: '198.51.100.1', length: 30 };
export const AS = { frr: 64513, announcer: 64512 };

/**
 * One of 198.18.0.0/15, which is for measurements. RFC 2544
 *
 * @param index - below 131,072
 */
export function addressOf(index) {
  return `198.${18 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
}
