import { type Attributes, withText } from '../attributes.ts';
import { ascending } from '../offer.ts';

/** RFC 8326 §5 */
const GRACEFUL_SHUTDOWN = '65535:0';

/** Attributes that ask for other paths: the community GRACEFUL_SHUTDOWN and, within one AS, no preference. RFC 8326 §4 */
export function gracefulShutdownOf(attributes: Attributes): Attributes {
  return withText({
    ...attributes,
    ...(attributes.localPref !== undefined && { localPref: 0 }),
    communities: ascending([...attributes.communities, GRACEFUL_SHUTDOWN]),
  });
}
