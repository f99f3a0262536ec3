import type { Problem } from '../../runtime/model/index.ts';

export interface DecodedText {
  readonly text: string;
  /** Why the text is not what was meant: its octets are no text. */
  readonly problem?: Problem;
}

/** Octets as text: UTF-8, or the UTF-16 that some shells write, told by its byte order mark. */
export function decodeText(octets: Uint8Array): DecodedText {
  const [first, second] = octets;
  if (first === 0xff && second === 0xfe) {
    return { text: new TextDecoder('utf-16le').decode(octets) };
  }
  if (first === 0xfe && second === 0xff) {
    return { text: new TextDecoder('utf-16be').decode(octets) };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(octets) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const text = new TextDecoder('utf-8').decode(octets);
    return { text, problem: invalidOctet(text) };
  }
}

function invalidOctet(text: string): Problem {
  const before = text.slice(0, text.indexOf('\ufffd')).split('\n');
  return {
    path: '',
    reason: 'yaml-syntax',
    message: 'could not parse config: yaml: invalid leading UTF-8 octet',
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
  };
}
