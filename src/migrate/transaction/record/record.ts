import { isObject, text } from '../../../runtime/kube/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import { isManifest, isTexts } from './shape.ts';

/**
 * Everything that is needed to finish a migration, or to undo it; written before the first thing that it describes. What
 * of it has been done is not recorded: the cluster itself says that.
 */
export interface MigrationRecord {
  readonly format: typeof FORMAT;
  /** Random; the Secret and the file of one migration have the same. */
  readonly id: string;
  /** RFC 3339. */
  readonly begun: string;
  readonly namespace: string;
  readonly phase: Phase;
  /** The cluster's `resourceVersion` before the first write: whatever tells of a younger object has seen ours. */
  readonly since: string;
  /** The ConfigMap as it was, and its `resourceVersion` when the latest run began. */
  readonly configMap: Manifest;
  readonly configMapVersion: string;
  /** Definitions that were missing, by name. */
  readonly definitions: readonly string[];
  readonly objects: readonly RecordedObject[];
  /** Those that said what they shall say already when the run began, as `Kind/name`. */
  readonly standing: readonly string[];
  /** Every Service of type LoadBalancer that had an address. */
  readonly services: readonly RecordedService[];
  /** Services whose annotation is to name a pool by its new name. */
  readonly rewrites: readonly Rewrite[];
}

/** `applying` until everything is there and verified; `undoing` from the first step of the way back. */
export type Phase = 'applying' | 'applied' | 'undoing' | 'undone';

export interface RecordedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** What was there; absent: nothing. */
  readonly before?: Manifest;
  /** What is to be there; absent: nothing. */
  readonly after?: Manifest;
}

export interface RecordedService {
  /** `namespace/name`. */
  readonly service: string;
  /** In the order of its status. */
  readonly addresses: readonly string[];
}

export interface Rewrite {
  /** `namespace/name`. */
  readonly service: string;
  /** The annotation's whole name. */
  readonly annotation: string;
  readonly from: string;
  readonly to: string;
}

const FORMAT = 'metal-lb.io/migration-record/v1';

/** A record of a migration that begins. */
export function newRecord(parts: Omit<MigrationRecord, 'format' | 'phase'>): MigrationRecord {
  return { ...parts, format: FORMAT, phase: 'applying' };
}

/** Which object it is. */
export function whichObject({ apiVersion, kind, name }: RecordedObject): Manifest {
  return { apiVersion, kind, metadata: { name } };
}

export function printRecord(record: MigrationRecord): string {
  return `${JSON.stringify(record, null, 1)}\n`;
}

/** A record as it was printed, or why the text is none. */
export function parseRecord(printed: string): MigrationRecord | { readonly problem: string } {
  const value = parsed(printed);
  if (!isObject(value) || value['format'] !== FORMAT) {
    return { problem: 'this is no record of a migration that this release knows' };
  }
  return isRecord(value) ? value : { problem: 'the record is damaged' };
}

function parsed(printed: string): unknown {
  try {
    return JSON.parse(printed);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

const TEXTS = ['id', 'begun', 'namespace', 'since', 'configMapVersion'];
const PHASES: readonly string[] = ['applying', 'applied', 'undoing', 'undone'] satisfies Phase[];

function isRecord(value: object): value is MigrationRecord {
  const members = value as Readonly<Record<string, unknown>>;
  const { phase, configMap, definitions, objects, standing, services, rewrites } = members;
  return (
    TEXTS.every((name) => typeof members[name] === 'string') &&
    PHASES.includes(text(phase)) &&
    isManifest(configMap) &&
    isTexts(definitions) &&
    isTexts(standing) &&
    [objects, services, rewrites].every(Array.isArray) &&
    (objects as readonly unknown[]).every(isRecorded) &&
    (services as readonly unknown[]).every((one) => {
      return isObject(one) && typeof one['service'] === 'string' && isTexts(one['addresses']);
    }) &&
    (rewrites as readonly unknown[]).every((one) => {
      return (
        isObject(one) &&
        ['service', 'annotation', 'from', 'to'].every((name) => typeof one[name] === 'string')
      );
    })
  );
}

function isRecorded(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { before, after } = value;
  return (
    ['apiVersion', 'kind', 'name'].every((name) => typeof value[name] === 'string') &&
    (before === undefined || isManifest(before)) &&
    (after === undefined || isManifest(after))
  );
}
