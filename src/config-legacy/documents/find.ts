import type { Problem } from '../../runtime/model/index.ts';
import { composeEveryDocument, withPlainBreaks } from '../yaml/compose.ts';
import { YamlFault } from '../yaml/fault.ts';
import { LineIndex, type Position } from '../yaml/source.ts';
import type { Node, Span } from '../yaml/tree.ts';
import { asJson, pathOfValues, valuesAt } from './helm-values.ts';
import { type Manifest, type Names, fieldOf, unpackLists } from './manifest.ts';
import { locateBy, locateInScalar } from './source-map.ts';

/** A configuration found in a text: its own text, where it came from, and the way back. */
export interface LegacyDocument {
  readonly text: string;
  readonly origin: DocumentOrigin;
  /** The place in the given text of a one-based position in {@link text}. */
  readonly locate: (line: number, column: number) => Position;
}

export interface DocumentOrigin {
  readonly kind: 'document' | 'ConfigMap' | 'HelmValues';
  readonly name?: string;
  readonly namespace?: string;
}

/** An object that is no configuration. */
export interface PassedOver {
  readonly kind: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly line: number;
}

export interface FoundDocuments {
  readonly documents: readonly LegacyDocument[];
  readonly passedOver: readonly PassedOver[];
  /** What could not be read at all; positions count in the given text. */
  readonly problems: readonly Problem[];
}

/**
 * Finds configurations in whatever a person has at hand: a bare document, a ConfigMap, what `kubectl get`
 * prints, a `List`, several documents, Helm values with `configInline`, and a mix. Never throws.
 *
 * A text whose first document is no Kubernetes object is itself the configuration, all of it.
 */
export function findLegacyDocuments(given: string): FoundDocuments {
  const text = withPlainBreaks(given);
  const finder = new Finder(text);
  const roots = composeEveryDocument(text).filter((root) => root !== undefined);
  roots.forEach((root, index) => finder.look(root, index === 0));
  return finder.finish(roots.length === 0);
}

class Finder {
  readonly #text: string;
  readonly #lines: LineIndex;
  readonly #documents: LegacyDocument[] = [];
  readonly #passedOver: PassedOver[] = [];
  readonly #problems: Problem[] = [];
  /** ConfigMaps without the key: an empty configuration, if nothing else claims to be one. */
  readonly #keyless: { readonly document: LegacyDocument; readonly passed: PassedOver }[] = [];
  #unreadable: YamlFault | undefined;
  /** Whether the text is itself the configuration, of which the original looks at no later document. */
  #isBare = false;

  constructor(text: string) {
    this.#text = text;
    this.#lines = new LineIndex(text);
  }

  look(root: Node | YamlFault, first: boolean): void {
    if (root instanceof YamlFault) {
      if (first) this.#unreadable = root;
      else if (this.#isBare) this.#passOver(root.span);
      else this.#refuse(root, root.reason, `yaml: ${root.message}`);
      return;
    }
    const objects = unpackLists(root);
    if (objects !== undefined) for (const object of objects) this.#object(object);
    else if (!this.#helmValues(root)) this.#bare(root, first);
  }

  finish(nothingThere: boolean): FoundDocuments {
    if (this.#unreadable !== undefined || nothingThere) {
      if (this.#documents.length === 0) this.#whole();
      else if (this.#unreadable !== undefined) {
        this.#refuse(this.#unreadable, 'yaml-syntax', `yaml: ${this.#unreadable.message}`);
      }
    }
    const [only, ...others] = this.#keyless;
    const alone = this.#documents.length === 0 && others.length === 0;
    if (only !== undefined && alone) this.#documents.push(only.document);
    else this.#passedOver.push(...this.#keyless.map(({ passed }) => passed));
    return { documents: this.#documents, passedOver: this.#passedOver, problems: this.#problems };
  }

  #whole(): void {
    this.#documents.push({
      text: this.#text,
      origin: { kind: 'document' },
      locate: (line, column) => ({ line, column }),
    });
  }

  /** The original reads no document but the first. */
  #bare(root: Node, first: boolean): void {
    this.#isBare ||= first;
    if (first) this.#whole();
    else this.#passOver(root);
  }

  #passOver(place: Span): void {
    this.#passedOver.push({ kind: 'document', line: this.#lineOf(place) });
  }

  #object(manifest: Manifest): void {
    const { kind, apiVersion, node, names } = manifest;
    const passed = { kind, ...names, line: this.#lineOf(node) };
    if (apiVersion.startsWith('metallb.io/')) {
      const message = `${kind} ${names.name ?? ''} is a v0.13 resource, and no configuration of v0.10 to v0.12`;
      this.#refuse(node, 'unsupported-input', message);
    } else if (kind === 'ConfigMap' && apiVersion === 'v1') {
      this.#configMap(node, names, passed);
    } else {
      this.#passedOver.push(passed);
    }
  }

  #configMap(node: Node, names: Names, passed: PassedOver): void {
    const origin = { kind: 'ConfigMap', ...names } as const;
    const config = fieldOf(fieldOf(node, 'data'), 'config');
    if (config === undefined || isNothing(config)) {
      const here = this.#lines.positionAt(node.start);
      this.#keyless.push({ document: { text: '', origin, locate: () => here }, passed });
    } else if (config.kind === 'scalar') {
      const locate = locateInScalar(this.#text, config);
      this.#documents.push({ text: config.value, origin, locate });
    } else {
      const message = 'data.config is not a text: write "config: |" before the configuration';
      this.#refuse(config, 'yaml-type', message, 'data.config');
    }
  }

  #helmValues(root: Node): boolean {
    const path = pathOfValues(root);
    const values = path && valuesAt(path, root);
    if (values === undefined) return false;
    try {
      const { text, known } = asJson(values);
      const locate = locateBy(this.#text, text, known);
      this.#documents.push({ text, origin: { kind: 'HelmValues' }, locate });
    } catch (error) {
      if (!(error instanceof YamlFault)) throw error;
      this.#refuse(error.span, error.reason, `yaml: ${error.message}`, 'configInline');
    }
    return true;
  }

  #refuse(at: { start: number } | YamlFault, reason: string, message: string, path = ''): void {
    const { start } = at instanceof YamlFault ? at.span : at;
    this.#problems.push({ path, reason, message, ...this.#lines.positionAt(start) });
  }

  #lineOf({ start }: Span): number {
    return this.#lines.positionAt(start).line;
  }
}

function isNothing(node: Node): boolean {
  return node.kind === 'scalar' && node.implicit && ['', '~', 'null'].includes(node.value);
}
