import type { CustomResourceDefinition } from '../definition.ts';
import { list, object, text } from './fields.ts';
import { customResourceDefinition, version } from './resource.ts';

/** crd.md §1.7 */
export const COMMUNITIES: CustomResourceDefinition = customResourceDefinition({
  kind: 'Community',
  plural: 'communities',
  versions: [
    version({
      name: 'v1beta1',
      description: 'Names for BGP communities that BGPAdvertisements may use.',
      spec: object('The names and what they stand for.', {
        communities: list(
          'Names and values; a name may be given once in all Community objects.',
          object('One name.', {
            name: text('The name.'),
            value: text('The community, as in 64512:100 or large:64512:1:2.'),
          }),
        ),
      }),
    }),
  ],
});
