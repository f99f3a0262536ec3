import type { CustomResourceDefinition } from '../../config-crd/schema/index.ts';
import type { LegacyMode, SourceComment } from '../../config-legacy/index.ts';
import type { Compat, Config, Problem } from '../../runtime/model/index.ts';
import type { CommentedManifest } from '../manifests/manifest.ts';

/** Who is to read what is made: we, who take everything, or the original's last v0.13, which does not. product.md §4 */
export type ConversionTarget = 'metal-lb' | 'metallb-v0.13';

/** The definition of a kind as a cluster has it; nothing where it has none, and ours counts. */
export type Limits = (kind: string) => CustomResourceDefinition | undefined;

export interface ConversionOptions {
  readonly compat: Compat;
  /** Whose rules both sides are held to. */
  readonly mode: LegacyMode;
  readonly target: ConversionTarget;
  /** Where the objects will be. */
  readonly namespace: string;
  readonly limits?: Limits;
  /** What was said of it around the text; paths are those of the document. */
  readonly around?: readonly SourceComment[];
}

export type Conversion =
  | {
      readonly kind: 'converted';
      /** By kind, what others refer to first, then by name: the same whatever the order of the document. */
      readonly manifests: readonly CommentedManifest[];
      /** New name of each pool that could not keep its own, by the legacy one. */
      readonly renames: ReadonlyMap<string, string>;
      readonly warnings: readonly Problem[];
      /** What the document means; the manifests have been read back and mean the same. */
      readonly config: Config;
      /** Comments of a document that makes no object, which have no other place. */
      readonly remarks: readonly string[];
    }
  | {
      readonly kind: 'refused';
      /** Positions count in the text that was given. */
      readonly problems: readonly Problem[];
    };
