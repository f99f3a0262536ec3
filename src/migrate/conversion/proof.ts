import {
  type ResourceKind,
  type ResourceMode,
  type ResourceProblem,
  type SecretContent,
  readResources,
} from '../../config-crd/index.ts';
import { CRDS, admit } from '../../config-crd/schema/index.ts';
import { type Config, Secret, atLeast, differences } from '../../runtime/model/index.ts';
import type { Manifest } from '../manifests/manifest.ts';
import type { ConversionOptions } from './conversion.ts';
import type { Draft, Origin } from './drafts/draft.ts';
import { LEGACY_NAME } from './drafts/making.ts';
import type { Report } from './drafts/report.ts';
import { WAYS_OUT } from './ways-out.ts';

const OURS = 'metal-lb.io/';

/**
 * Reads back what was made, as whoever it is for will read it, and tells whatever is not as the document says: an object
 * that the schema does not take or cuts, one that a rule refuses, one that means something else.
 */
export function prove(
  drafts: readonly Draft[],
  config: Config,
  { options, report }: { readonly options: ConversionOptions; readonly report: Report },
): void {
  const stored: object[] = [];
  for (const draft of drafts) {
    const object = store(draft, options, report);
    if (object !== undefined) stored.push(object);
  }
  const { namespace } = options;
  const set = { objects: stored, secrets: secretsOf(drafts), nodes: ANY_NODE };
  const reading = readResources(set, { namespace, mode: modeOf(options) });
  if (reading.kind === 'refused') {
    for (const problem of reading.problems) tell(problem, drafts, report);
    return;
  }
  // What is refused already is left out, and would be told again as something that differs.
  if (report.problems.length > 0) return;
  for (const message of differences(config, reading.config, ['the ConfigMap', 'the resources'])) {
    const reason = 'conversion-differs';
    const hint = 'the resources would not mean the same, so none are written';
    report.refuse({ source: [], span: NOWHERE, reason, message, hint });
  }
}

/** A rule about nodes that share advertisements holds as soon as there is one. crd.md §2.5 */
const ANY_NODE = new Map([['node', {}]]);
const NOWHERE = { start: 0, end: 0 };
const UNKNOWN = { source: [], span: NOWHERE };

/** Before v0.12 there was no FRR mode, and nobody held to its rules. */
function modeOf({ mode, target, compat }: ConversionOptions): ResourceMode {
  return mode === 'frr' && target === 'metal-lb' && !atLeast(compat, 'v0.12') ? 'none' : mode;
}

/** What a server keeps of the object; the original does not know our annotations. */
function store(draft: Draft, options: ConversionOptions, report: Report): object | undefined {
  const manifest = options.target === 'metal-lb' ? draft.manifest : withoutOurs(draft.manifest);
  const { kind } = manifest;
  if (kind === 'Secret') return manifest;
  const definition = options.limits?.(kind) ?? CRDS[kind as ResourceKind];
  const formats = options.limits === undefined ? 'enforced' : 'ignored';
  const admission = admit(manifest, definition, formats);
  if (admission.kind === 'stored') {
    tellDropped(draft, admission.object, report);
    return admission.object;
  }
  for (const problem of admission.problems) tell(problem, [draft], report);
  return undefined;
}

/** Fields that an older definition does not have are dropped without a word. crd.md §1.11 */
function tellDropped({ manifest, origins }: Draft, stored: object, report: Report): void {
  const kept = 'spec' in stored ? (stored.spec as object) : {};
  for (const field of Object.keys(manifest.spec ?? {})) {
    if (Object.hasOwn(kept, field)) continue;
    const message = `the definition of ${manifest.kind} that is installed has no field ${field}`;
    const hint = 'install the CRDs of metal-lb, or of a later release';
    for (const place of originsOf(`spec.${field}`, { manifest, origins })) {
      report.refuse({ ...place, reason: 'field-not-in-crd', message, hint });
    }
  }
}

/** The legacy name stays, as it is by this that pools are compared. */
function withoutOurs({ metadata, ...manifest }: Manifest): Manifest {
  const { annotations = {}, ...rest } = metadata;
  const kept = Object.entries(annotations).filter(
    ([name]) => name === LEGACY_NAME || !name.startsWith(OURS),
  );
  return { ...manifest, metadata: { ...rest, annotations: Object.fromEntries(kept) } };
}

function secretsOf(drafts: readonly Draft[]): ReadonlyMap<string, SecretContent> {
  const secrets = drafts.filter(({ manifest }) => manifest.kind === 'Secret');
  return new Map(
    secrets.map(({ manifest: { metadata, type = '', data } }) => {
      const password = new Secret(Buffer.from(data?.['password'] ?? '', 'base64').toString());
      return [metadata.name, { type, password }];
    }),
  );
}

function tell(
  { object, path, reason, message }: ResourceProblem,
  drafts: readonly Draft[],
  report: Report,
): void {
  const draft = drafts.find(
    ({ manifest }) => manifest.kind === object?.kind && manifest.metadata.name === object.name,
  );
  const named = reason === 'schema-maximum' && path === 'spec.peerPort';
  const known = named ? 'peer-port-unrepresentable' : reason;
  const hint = WAYS_OUT[known];
  const said = { reason: known, message, ...(hint !== undefined && { hint }) };
  const places = draft === undefined ? [UNKNOWN] : originsOf(path, draft);
  for (const place of places) report.refuse({ ...place, ...said });
}

/** All that the field was made of, as pools may share it; or the first that was made into what holds it. */
function originsOf(path: string, { origins }: Draft): readonly Pick<Origin, 'source' | 'span'>[] {
  const steps = [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(
    ([, index, key]) => index ?? key,
  );
  const fitting = origins.filter(({ target }) =>
    target.every((step, depth) => String(step) === steps[depth]),
  );
  const nearest = fitting.toSorted((a, b) => b.target.length - a.target.length)[0];
  const places = nearest?.target.length === steps.length ? fitting.filter(isWhole) : [nearest];
  return places.map((origin) => {
    const { source, span } = origin ?? UNKNOWN;
    return { source, span };
  });

  function isWhole({ target }: Origin): boolean {
    return target.length === steps.length;
  }
}
