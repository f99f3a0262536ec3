/** Starts the table anew. memberlist-wire.md §7 */
export const CLEAR = 256;
export const END = 257;
/** The encoder starts anew instead of using it. */
export const LAST_CODE = 4095;
export const FIRST_WIDTH = 9;
export const LAST_WIDTH = 12;
/** The first code that does not fit {@link FIRST_WIDTH} bits. */
export const FIRST_OVERFLOW = 512;
