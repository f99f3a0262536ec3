import type { StructuralSchema } from '../definition.ts';
import { list, object, text, texts } from './fields.ts';

const KEY = text('The label to look at.');
const OPERATOR = text(
  'How the label is compared: In, NotIn, Exists or DoesNotExist. Anything else is refused when the object is read.',
);
const LABELS: StructuralSchema = {
  description: 'Labels that must be there with exactly these values.',
  type: 'object',
  additionalProperties: { type: 'string' },
};

/** Selectors as Kubernetes has them, any of which may match. crd.md §1 */
export function selectors(description: string): StructuralSchema {
  const values = texts(
    'Values of the label: at least one for In and NotIn, none for Exists and DoesNotExist.',
  );
  const requirement = object('One demand on a label.', { key: KEY, operator: OPERATOR, values }, [
    'key',
    'operator',
  ]);
  return list(description, {
    ...selector(requirement),
    'x-kubernetes-map-type': 'atomic',
  });
}

/** Selectors of BGPPeer v1beta1, which must always list values. crd.md §1.5 */
export function listingSelectors(description: string): StructuralSchema {
  const values = texts(
    'Values of the label, at least one: this version cannot say Exists or DoesNotExist.',
  );
  const requirement = object(
    'One demand on a label.',
    { key: KEY, operator: OPERATOR, values: { ...values, minItems: 1 } },
    ['key', 'operator', 'values'],
  );
  return list(description, selector(requirement));
}

function selector(requirement: StructuralSchema): StructuralSchema {
  return object('A label selector; all of its demands must hold, and an empty one matches all.', {
    matchExpressions: list('Demands on labels.', requirement),
    matchLabels: LABELS,
  });
}
