/** A CustomResourceDefinition of apiextensions.k8s.io/v1, as far as it says what its objects are like. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly group: string;
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
    };
    readonly scope: 'Namespaced' | 'Cluster';
    readonly conversion?: Conversion;
    readonly versions: readonly ResourceVersion[];
  };
}

export interface ResourceVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  /** What the API server tells whoever uses this version. */
  readonly deprecationWarning?: string;
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly schema: { readonly openAPIV3Schema: StructuralSchema };
  /** With `status`, writes of the object leave the status alone, and the other way round. */
  readonly subresources?: { readonly status?: object };
}

/** A column of `kubectl get`; one with a priority above 0 is shown by `-o wide` only. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'integer';
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: number;
}

export interface Conversion {
  readonly strategy: 'None' | 'Webhook';
  readonly webhook?: {
    readonly conversionReviewVersions: readonly string[];
    readonly clientConfig: {
      readonly service: {
        readonly name: string;
        readonly namespace: string;
        readonly path: string;
      };
    };
  };
}

/** The part of a structural schema that says what a value must be, in Kubernetes' spelling. */
export interface StructuralSchema {
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  /** int32 and int64 are held here; formats of texts are for others to check. */
  readonly format?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}
