/** A Kubernetes object as it is to be written: JSON, with nothing in it that a server fills in. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly type?: string;
  readonly spec?: object;
  readonly data?: Readonly<Record<string, string>>;
}

/** A manifest, and what is to be written beside it for people. */
export interface CommentedManifest {
  readonly manifest: Manifest;
  readonly comments: readonly Comment[];
}

/** Words of a person, without the signs that make them a comment; they may have several lines. */
export interface Comment {
  /** From the top of the manifest, as in `['spec', 'addresses', 0]`; empty: above the whole object. */
  readonly path: readonly (string | number)[];
  readonly place: 'above' | 'beside';
  readonly text: string;
}
