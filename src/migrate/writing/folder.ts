import { createHash } from 'node:crypto';
import type { CommentedManifest, Manifest } from '../manifests/manifest.ts';
import type { OutputFile } from '../terminal.ts';
import { headerText } from './header.ts';
import { writeManifest } from './manifests.ts';
import { writeCommented } from './tree.ts';

/** A file name may have 255 octets, and a draft of it a suffix. */
const LONGEST = 200;
const KUSTOMIZATION = 'kustomization.yaml';
const ABOUT_SECRETS =
  'The Secrets hold passwords as they are: where they may not be in a repository, put in their place\n' +
  'what your cluster makes Secrets of (a SealedSecret, an ExternalSecret) under the same name and type.';

/**
 * The same manifests as one file each and a kustomization that lists them; paths are names within the folder. Files of
 * Secrets are for their owner's eyes only.
 */
export function writeFolder(
  manifests: readonly CommentedManifest[],
  header: readonly string[],
): readonly OutputFile[] {
  const taken = new Set<string>([KUSTOMIZATION]);
  const files = manifests.map((one): OutputFile => {
    const path = fileName(one.manifest, taken);
    taken.add(path);
    const text = [headerText(header), writeManifest(one)].filter((part) => part !== '').join('\n');
    return { path, text, ...(one.manifest.kind === 'Secret' && { confidential: true }) };
  });
  return [...files, kustomization(files, header)];
}

function kustomization(files: readonly OutputFile[], header: readonly string[]): OutputFile {
  const resources = files.map(({ path }) => path);
  const secret = files.findIndex(({ confidential }) => confidential === true);
  const text = writeCommented(
    { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources },
    secret < 0 ? [] : [{ path: ['resources', secret], place: 'above', text: ABOUT_SECRETS }],
  );
  const path = KUSTOMIZATION;
  return { path, text: [headerText(header), text].filter((part) => part !== '').join('\n') };
}

/** As in `ipaddresspool-teal.yaml`: safe on every file system, and no two alike. */
function fileName({ kind, metadata }: Manifest, taken: ReadonlySet<string>): string {
  const full = `${kind.toLowerCase()}-${metadata.name}`;
  const safe = full.replaceAll(/[^a-z\d.-]/g, '-').slice(0, LONGEST);
  if (safe === full && !taken.has(`${safe}.yaml`)) return `${safe}.yaml`;
  const whole = JSON.stringify([kind, metadata.namespace, metadata.name]);
  return `${safe}-${createHash('sha256').update(whole).digest('hex').slice(0, 10)}.yaml`;
}
