/** The thread of BFD: joins what sessions decide to the sockets that carry their packets. */
import {
  BfdSession,
  decodeControl,
  decodeEcho,
  encodeControl,
  encodeEcho,
  settingsOf,
} from '../bfd/index.ts';
import { runBfdThread } from '../platform/index.ts';

await runBfdThread({
  settingsOf: ({ profile, multihop }, forwards) => settingsOf(profile, { multihop, forwards }),
  session: (identity) => new BfdSession(identity),
  decode: (octets) => {
    const decoded = decodeControl(octets);
    return decoded.kind === 'packet' ? decoded.packet : undefined;
  },
  encode: encodeControl,
  decodeEcho,
  encodeEcho,
});
