import type {
  Conversion,
  CustomResourceDefinition,
  PrinterColumn,
  ResourceVersion,
  StructuralSchema,
} from '../definition.ts';
import { integer, object, text } from './fields.ts';

/** Marks the CRDs that are ours, and the generation of their schema. */
const MARK = { 'metal-lb.io/schema': 'v1' };

const GROUP = 'metallb.io';

/** Who may be asked to convert. No port and no CA: the one is 443, the other the controller's to fill in. */
const CONVERTER = { name: 'webhook-service', namespace: 'metallb-system', path: '/convert' };

/** One kind, as its CRD and the API server's documentation of it have it. */
export interface Resource {
  readonly kind: string;
  readonly plural: string;
  /** More than one when the kind has a converter. */
  readonly versions: readonly ResourceVersion[];
}

export function customResourceDefinition(resource: Resource): CustomResourceDefinition {
  const { kind, plural, versions } = resource;
  const names = { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${GROUP}`,
      annotations: MARK,
    },
    spec: {
      group: GROUP,
      names,
      scope: 'Namespaced',
      ...(versions.length > 1 && { conversion: webhook() }),
      versions,
    },
  };
}

/**
 * The original lists versions of the resource where those of the ConversionReview belong; `v1beta1`, which happens to
 * be one, is kept for readers that know no other. There is no `caBundle`: a server takes the absence of one (then it
 * asks in vain until the controller has put its own there), while a placeholder that is no certificate is refused by
 * newer servers, and applying these files again would put the placeholder back over the controller's.
 */
function webhook(): Conversion {
  return {
    strategy: 'Webhook',
    webhook: {
      conversionReviewVersions: ['v1', 'v1beta1'],
      clientConfig: { service: CONVERTER },
    },
  };
}

/** What one version of a kind is. */
export interface VersionOutline {
  readonly name: string;
  readonly description: string;
  readonly spec: StructuralSchema;
  readonly specRequired?: true;
  /** Fields of the status beside the conditions. */
  readonly status?: Readonly<Record<string, StructuralSchema>>;
  readonly columns?: readonly PrinterColumn[];
  readonly deprecationWarning?: string;
  /** Absent in the version that is stored. */
  readonly storedAs?: string;
}

export function version(outline: VersionOutline): ResourceVersion {
  const { name, description, columns = [], deprecationWarning, storedAs } = outline;
  const { spec, specRequired, status = {} } = outline;
  const properties = {
    apiVersion: text('Group and version of the schema that this object is written in.'),
    kind: text('What kind of object this is.'),
    metadata: { type: 'object' as const },
    spec,
    status: object('What the running programs say about this object; written by them alone.', {
      ...status,
      conditions: CONDITIONS,
    }),
  };
  return {
    name,
    served: true,
    storage: storedAs === undefined,
    ...(deprecationWarning !== undefined && { deprecated: true, deprecationWarning }),
    ...(columns.length > 0 && { additionalPrinterColumns: columns }),
    schema: {
      openAPIV3Schema: object(description, properties, specRequired ? ['spec'] : []),
    },
    subresources: { status: {} },
  };
}

/** A label's key: a name, and a domain before it where need be. */
const QUALIFIED_NAME =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$';

/** As metav1.Condition is declared. */
const CONDITIONS: StructuralSchema = {
  description: 'What holds of this object at present, by type.',
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: object(
    'One thing that holds, or does not, and since when.',
    {
      lastTransitionTime: text('When the status last changed.', { format: 'date-time' }),
      message: { ...text('For people: what is the matter.'), maxLength: 32768 },
      observedGeneration: integer('The generation of the object that this was said of.', {
        format: 'int64',
        minimum: 0,
      }),
      reason: {
        ...text('For programs: why, in one word.'),
        minLength: 1,
        maxLength: 1024,
        pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
      },
      status: text('Whether it holds.', { enum: ['True', 'False', 'Unknown'] }),
      type: { ...text('What is spoken of.'), maxLength: 316, pattern: QUALIFIED_NAME },
    },
    ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
  ),
};
