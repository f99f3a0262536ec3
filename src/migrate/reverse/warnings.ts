import type { Interpretation, ResourceProblem } from '../../config-crd/index.ts';
import type { Config } from '../../runtime/model/index.ts';
import { largeAliases } from './limits.ts';

/** What a person should know of a ConfigMap that means the same. crd.md §4.5 */
export function reversalWarnings(
  { resources, coverage }: Interpretation,
  config: Config,
): readonly ResourceProblem[] {
  return [
    ...exposed(resources, config),
    ...dropped({ resources, coverage }),
    ...namesLost(resources),
  ];
}

function exposed(
  { BGPPeer }: Interpretation['resources'],
  config: Config,
): readonly ResourceProblem[] {
  const protectedOnes = new Set(
    BGPPeer.flatMap(({ name, spec }) => (spec.passwordSecret?.name === undefined ? [] : [name])),
  );
  return config.peers
    .filter(({ name, password }) => password !== undefined && protectedOnes.has(name))
    .map(({ name }) => {
      const message = `the password of peer ${name} comes from a Secret and is readable in the ConfigMap`;
      return { path: 'spec.passwordSecret', reason: 'secret-exposed', message };
    });
}

function dropped({ resources, coverage }: Interpretation): readonly ResourceProblem[] {
  const reason = 'irrelevant-field-dropped';
  const idle = (['L2Advertisement', 'BGPAdvertisement'] as const).flatMap((kind) =>
    [...coverage[kind]].filter(([, pools]) => pools.length === 0).map(([name]) => [kind, name]),
  );
  return [
    ...idle.map(([kind = '', name = '']) => {
      return { path: '', reason, message: `${kind} ${name} is for no pool and is left out` };
    }),
    ...largeAliases(resources).map((name) => {
      const message = `"${name}" stands for a large community that nothing uses, and is left out`;
      return { path: '', reason, message };
    }),
  ];
}

/** Of pools and BFD profiles the names stay. */
function namesLost(resources: Interpretation['resources']): readonly ResourceProblem[] {
  const lost = (['BGPPeer', 'L2Advertisement', 'BGPAdvertisement', 'Community'] as const).flatMap(
    (kind) => resources[kind].map(({ name }) => `${kind} ${name}`),
  );
  if (lost.length === 0) return [];
  const shown =
    lost.slice(0, 5).join(', ') + (lost.length > 5 ? `, and ${lost.length - 5} more` : '');
  const message = `in a ConfigMap these have no names: ${shown}`;
  return [{ path: '', reason: 'object-names-lost', message }];
}
