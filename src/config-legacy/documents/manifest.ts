import { type Node, dereference } from '../yaml/tree.ts';

/** A Kubernetes object as far as it must be known to be found. */
export interface Manifest {
  readonly kind: string;
  readonly apiVersion: string;
  readonly names: Names;
  readonly node: Node;
}

export interface Names {
  readonly name?: string;
  readonly namespace?: string;
}

const MAX_NESTED_LISTS = 20;

/** The objects of a root, lists of objects opened up; `undefined` if the root is no Kubernetes object. */
export function unpackLists(root: Node): readonly Manifest[] | undefined {
  const manifest = manifestOf(root);
  if (manifest === undefined) return undefined;
  return unpack(manifest, 0);
}

/** The value of a key of a mapping, aliases followed; the last one, should the key stand twice. */
export function fieldOf(node: Node | undefined, key: string): Node | undefined {
  const mapping = node && dereference(node);
  if (mapping?.kind !== 'mapping') return undefined;
  const pair = mapping.pairs.findLast((member) => {
    const name = dereference(member.key);
    return name?.kind === 'scalar' && name.value === key;
  });
  return pair && dereference(pair.value);
}

function unpack(manifest: Manifest, depth: number): readonly Manifest[] {
  const items = fieldOf(manifest.node, 'items');
  if (!manifest.kind.endsWith('List') || items?.kind !== 'sequence' || depth > MAX_NESTED_LISTS) {
    return [manifest];
  }
  return items.items.flatMap((item) => {
    const member = manifestOf(item, manifest);
    return member === undefined ? [] : unpack(member, depth + 1);
  });
}

/** Members of a typed list may leave out what the list says: `ConfigMapList` holds ConfigMaps. */
function manifestOf(given: Node, list?: Manifest): Manifest | undefined {
  const node = dereference(given);
  const kind = textOf(fieldOf(node, 'kind')) ?? memberKind(list);
  if (node?.kind !== 'mapping' || kind === undefined) return undefined;
  const apiVersion = textOf(fieldOf(node, 'apiVersion')) ?? list?.apiVersion ?? '';
  const metadata = fieldOf(node, 'metadata');
  const name = textOf(fieldOf(metadata, 'name'));
  const namespace = textOf(fieldOf(metadata, 'namespace'));
  const names = {
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
  };
  return { kind, apiVersion, names, node };
}

function memberKind(list: Manifest | undefined): string | undefined {
  const member = list?.kind.replace(/List$/, '');
  return member === '' ? undefined : member;
}

function textOf(node: Node | undefined): string | undefined {
  return node?.kind === 'scalar' && node.value !== '' ? node.value : undefined;
}
