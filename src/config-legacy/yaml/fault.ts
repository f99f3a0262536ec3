import type { Span } from './tree.ts';

/** A fault that ends the reading of a document at once: its syntax, or a tag or alias that makes no sense. */
export class YamlFault extends Error {
  override readonly name: string = 'YamlFault';
  /** Error class of legacy.md §1.15. */
  readonly reason: 'yaml-syntax' | 'yaml-type';
  readonly span: Span;
  /** As in `peers[0].my-asn`; empty while no field is concerned. */
  readonly path: string;

  /** @param message - as yaml.v2 words it after `yaml: `. */
  constructor(reason: 'yaml-syntax' | 'yaml-type', message: string, span: Span, path = '') {
    super(message);
    this.reason = reason;
    this.span = span;
    this.path = path;
  }
}
