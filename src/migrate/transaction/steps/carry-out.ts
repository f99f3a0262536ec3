import {
  type ApiCall,
  ApiError,
  type Json,
  coreResource,
  pathOf,
  pause,
} from '../../../runtime/kube/index.ts';
import { millis } from '../../../runtime/platform/ports.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import { type Ground, TransactionFailure } from '../ground.ts';
import { FIELD_MANAGER } from '../objects/content.ts';
import { collectionOf, definitionPath, pathTo, servicePath } from '../objects/places.ts';
import { find, isAbsence, mayGoOn, persistently } from '../requests.ts';
import { SOURCE_ANNOTATION } from './annotation.ts';
import { isEstablished, isLeaving } from './back.ts';
import { type Step, stepText } from './step.ts';

const MERGE = 'application/merge-patch+json';
/** Definitions take effect within a second or so. */
const LOOKS = 120;
const INTERVAL = millis(250);

/**
 * Carries steps out, one request after the other; stops between two of them when somebody wants that. Definitions are
 * waited for together, before anything else is done with them.
 */
export async function carryOut(ground: Ground, steps: readonly Step[]): Promise<void> {
  const concernsDefinition = ({ kind }: Step): boolean =>
    kind === 'install' || kind === 'uninstall';
  const definitions = steps.filter(concernsDefinition);
  for (const step of definitions) await perform(ground, step);
  for (const step of definitions) await tookEffect(ground, step);
  for (const step of steps) if (!concernsDefinition(step)) await perform(ground, step);
}

/** The request that does a step. */
export function requestOf(step: Step, namespace: string): ApiCall {
  const query = { fieldManager: FIELD_MANAGER };
  switch (step.kind) {
    case 'install':
      return { method: 'POST', path: definitionPath(), query, body: step.definition };
    case 'uninstall':
      return { method: 'DELETE', path: definitionPath(step.name), body: precondition(step.uid) };
    case 'apply':
      return applying(step.manifest, namespace, step.force);
    case 'restore':
      return restoring(step.manifest, step.version, namespace);
    case 'delete':
      return {
        method: 'DELETE',
        path: placeOf(step.manifest, namespace),
        body: precondition(step.uid),
      };
    case 'yield':
      return pointing({ ...step, source: 'resources' }, namespace);
    case 'enforce':
      return pointing(step, namespace);
    case 'annotate':
      return {
        method: 'PATCH',
        path: servicePath(step.rewrite.service),
        query,
        contentType: MERGE,
        body: {
          metadata: {
            resourceVersion: step.version,
            annotations: { [step.rewrite.annotation]: step.to },
          },
        },
      };
    default:
      return step satisfies never;
  }
}

/** Server-side apply of a manifest. */
function applying(manifest: Manifest, namespace: string, force: boolean): ApiCall {
  const { metadata } = manifest;
  return {
    method: 'PATCH',
    path: pathTo(manifest, namespace),
    query: { fieldManager: FIELD_MANAGER, force: String(force) },
    contentType: 'application/apply-patch+yaml',
    body: { ...manifest, metadata: { ...metadata, namespace } },
  };
}

/** Touches nothing else of the ConfigMap: others may have written there. */
function pointing(
  step: Omit<Step & { readonly kind: 'enforce' }, 'kind'>,
  namespace: string,
): ApiCall {
  const { configMap, version, source = null, config } = step;
  const annotations = { [SOURCE_ANNOTATION]: source };
  return {
    method: 'PATCH',
    path: pathOf(coreResource('configmaps', namespace), configMap),
    query: { fieldManager: FIELD_MANAGER },
    contentType: MERGE,
    body: {
      metadata: { resourceVersion: version, annotations },
      ...(config !== undefined && { data: { config } }),
    },
  };
}

function restoring(manifest: Manifest, version: string | undefined, namespace: string): ApiCall {
  const query = { fieldManager: FIELD_MANAGER };
  const { metadata } = manifest;
  if (version === undefined) {
    const body = { ...manifest, metadata: { ...metadata, namespace } };
    return { method: 'POST', path: pathOf(homeOf(manifest, namespace)), query, body };
  }
  const body = { ...manifest, metadata: { ...metadata, namespace, resourceVersion: version } };
  return { method: 'PUT', path: placeOf(manifest, namespace), query, body };
}

function homeOf(manifest: Manifest, namespace: string): Parameters<typeof pathOf>[0] {
  return manifest.kind === 'ConfigMap'
    ? coreResource('configmaps', namespace)
    : collectionOf(manifest, namespace);
}

function placeOf(manifest: Manifest, namespace: string): string {
  return pathOf(homeOf(manifest, namespace), manifest.metadata.name);
}

function precondition(uid: string): Json {
  const whole = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
  return uid === '' ? whole : { ...whole, preconditions: { uid } };
}

async function perform(ground: Ground, step: Step): Promise<void> {
  mayGoOn(ground);
  ground.progress(stepText(step));
  try {
    await persistently(ground, requestOf(step, ground.namespace));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (!isDoneAlready(step, error)) {
      throw new TransactionFailure([`${stepText(step)}: ${error.message}`, ...adviceOn(error)]);
    }
  }
}

async function tookEffect(ground: Ground, step: Step): Promise<void> {
  if (step.kind === 'install') await established(ground, step.definition.metadata.name);
  if (step.kind === 'uninstall') await gone(ground, step.name);
}

/** A reply was lost, the request sent again, and now the server says that it is so. */
function isDoneAlready(step: Step, error: ApiError): boolean {
  if (step.kind === 'delete' || step.kind === 'uninstall') return isAbsence(error);
  const creates =
    step.kind === 'install' || (step.kind === 'restore' && step.version === undefined);
  return creates && error.code === 409;
}

function adviceOn({ code }: ApiError): readonly string[] {
  if (code === 409) {
    return ['somebody else has changed it meanwhile: look at it, and run the command again'];
  }
  if (code === 403) return ['a right is missing that was there before'];
  return [];
}

async function established(ground: Ground, name: string): Promise<void> {
  await until(ground, `CustomResourceDefinition ${name} does not become established`, async () =>
    isEstablished(await find(ground, definitionPath(name))),
  );
}

/** A definition leaves with all its objects, which takes a moment. */
async function gone(ground: Ground, name: string): Promise<void> {
  await until(ground, `CustomResourceDefinition ${name} does not go away`, async () => {
    const stored = await find(ground, definitionPath(name));
    return stored === undefined || !isLeaving(stored);
  });
}

async function until(
  ground: Ground,
  otherwise: string,
  holds: () => Promise<boolean>,
): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    if (await holds()) return;
    await pause(ground.clock, INTERVAL, ground.interrupted);
    mayGoOn(ground);
  }
  throw new TransactionFailure([`${otherwise} within 30 s`]);
}
