/** Something a person must fix in a document, placed as exactly as the document allows. */
export interface Problem {
  /** Where in the document, as in `peers[0].peer-asn`; empty for the document as a whole. */
  readonly path: string;
  /** The error class, stable for machines: `peer-missing-my-asn`. legacy.md §1.15 */
  readonly reason: string;
  /** For the legacy dialect, the original's text to the letter. */
  readonly message: string;
  /** One-based position in the text that was read. */
  readonly line?: number;
  readonly column?: number;
  /** For a near miss, what was probably meant. */
  readonly didYouMean?: string;
  /** A sentence that helps and is no part of the message, as in `source-address is known since v0.11`. */
  readonly hint?: string;
  /** What it names may still arrive: not yet resolvable rather than invalid. */
  readonly transient?: true;
}

/** A problem as one line for people: position first, then what and what to do. */
export function formatProblem({ message, path, line, column, ...more }: Problem): string {
  const place = line === undefined ? '' : `line ${line}, column ${column ?? 1}: `;
  const where = path === '' ? '' : ` (at ${path})`;
  const meant = more.didYouMean === undefined ? '' : `; did you mean "${more.didYouMean}"?`;
  const hint = more.hint === undefined ? '' : `; ${more.hint}`;
  return `${place}${message}${where}${meant}${hint}`;
}
