import { Scalar, type ScalarTag } from 'yaml';
import { stringifyString } from 'yaml/util';

/** Characters that every YAML reader takes between double quotes as they are; go-yaml takes U+FEFF nowhere. */
const PRINTABLE =
  /^[\t\n -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
/** Nothing in it is a sign of YAML's, whatever stands around it. */
const HARMLESS = /^[\p{L}\p{N}_/.][\p{L}\p{N}_/.:+@%=~()<>^*$;, -]*$/u;
const SIGNS = /: | #|:$| $/;

/** What YAML 1.1 or 1.2 reads as something other than a text, in any of their readers' spellings. */
const WORD = /^(?:y|n|yes|no|on|off|true|false|null|~|[-+]?\.(?:inf|nan)|<<|=)$/i;
const NUMBER =
  /^[-+]?(?:0b[01_]*|0o?[0-7_]*|0x[\da-f_]*|\d[\d_,]*|(?:\d[\d_,]*)?\.[\d_]*(?:e[-+]?\d*)?|\d[\d_]*e[-+]?\d*)$/i;
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;
const DATE = /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt\s])/;

/** Whether a text can stand without quotes and is a text to kubectl's reader, to ours and to those of YAML 1.2. */
function isPlain(text: string): boolean {
  if (!HARMLESS.test(text) || SIGNS.test(text)) return false;
  return ![WORD, NUMBER, BASE_60, DATE].some((other) => other.test(text));
}

/** A text as it is to be written: in quotes only where it needs them, several lines as such. */
export function textNode(text: string): Scalar<string> {
  const node = new Scalar(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
  node.type = isPlain(text) ? 'PLAIN' : isBlock(text) ? 'BLOCK_LITERAL' : 'QUOTE_DOUBLE';
  return node;
}

/** The tag of texts: what does not print is escaped, which the package leaves as it is. */
export const textTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  identify: (value) => typeof value === 'string',
  resolve: (text) => text,
  stringify(item, context, onComment, onChompKeep) {
    const text = String(item.value);
    if (PRINTABLE.test(text)) {
      return stringifyString(item, context, onComment, onChompKeep);
    }
    const escaped = (character: string): string => {
      const code = character.codePointAt(0) ?? 0;
      return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
    };
    return JSON.stringify(text).replaceAll(/[^ -~]/gu, escaped);
  },
};

/** Lines that a literal block keeps, whatever reads it. */
function isBlock(text: string): boolean {
  if (!text.includes('\n') || !PRINTABLE.test(text)) return false;
  return !/^[\s]|[ \t]\n|[ \t]$|\t/.test(text);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
