/** Markup that is safe to put into a page: made only by {@link html}. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Text is escaped, markup is taken as it is, lists are joined, and `undefined` is nothing. */
export type Part = string | number | Html | undefined | readonly Part[];

/**
 * Markup with texts in it, which may hold anything. How the markup is laid out in the source does not matter.
 *
 * @example html`<td>${'<script>'}</td>`.text // '<td>&lt;script&gt;</td>'
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const [first = '', ...others] = literalsOf(strings);
  return new Html(others.reduce((text, one, index) => text + markup(parts[index]) + one, first));
}

/** A text of our own, taken as markup. */
export function trusted(text: string): Html {
  return new Html(text);
}

const LITERALS = new WeakMap<TemplateStringsArray, readonly string[]>();

function literalsOf(strings: TemplateStringsArray): readonly string[] {
  const known = LITERALS.get(strings);
  if (known !== undefined) return known;
  const literals = strings.map((text) => text.replaceAll(/\s*\n\s*/g, '\n'));
  LITERALS.set(strings, literals);
  return literals;
}

/** Parts with something between each two. */
export function joined(parts: readonly Part[], separator: Part): Part {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [separator, part]));
}

function markup(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(markup).join('');
  return escaped(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Signs that show nothing, or turn around what follows, are shown as what they are. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

function escaped(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '')
    .replaceAll(UNSEEN, (sign) =>
      sign === '\n' || sign === '\t'
        ? sign
        : `\\u{${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}}`,
    );
}
