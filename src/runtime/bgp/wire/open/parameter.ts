/** BGP-4. RFC 4271 §4.2 */
export const VERSION = 4;

/** The optional parameter that holds capabilities. RFC 5492 §4 */
export const CAPABILITIES = 2;

/** As the type of the first parameter: lengths follow in two octets. RFC 9072 §2 */
export const EXTENDED = 255;
