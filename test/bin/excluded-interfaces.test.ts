import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { excludedInterfaces } from '../../src/runtime/bin/daemon/excluded-interfaces.ts';

/** What v0.13.11's manifests mount. crd.md §3.3 */
const SHIPPED = `announcedInterfacesToExclude: ["^docker.*", "^cbr.*", "^dummy.*", "^virbr.*", "^lxcbr.*",
  "^veth.*", "^lo$", "^cali.*", "^tunl.*", "^flannel.*", "^kube-ipvs.*", "^cni.*", "^nodelocaldns.*"]
`;
const NAMES = ['lo', 'enslow0', 'eth0', 'docker0', 'veth12ab', 'bond0', 'cni0', 'cali1'];

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'excludel2-'));
  path = join(folder, 'excludel2.yaml');
});

afterEach(() => rmSync(folder, { recursive: true }));

async function served(text: string): Promise<string[]> {
  writeFileSync(path, text);
  const excluded = await excludedInterfaces('v0.13', path);
  return NAMES.filter((name) => !excluded(name));
}

describe('the interfaces to leave out are', () => {
  test('those that one of the patterns is found in', async () => {
    expect(await served(SHIPPED)).toEqual(['enslow0', 'eth0', 'bond0']);
    expect(await served('announcedInterfacesToExclude: [lo, "eth"]')).toEqual(
      NAMES.filter((name) => !['lo', 'enslow0', 'eth0', 'veth12ab'].includes(name)),
    );
  });

  test.each([
    ['empty', ''],
    ['without the key', 'other: [lo]'],
    ['with an empty list', 'announcedInterfacesToExclude: []'],
    ['with nothing under the key', 'announcedInterfacesToExclude:'],
  ])('none where the file is %s', async (_what, text) => {
    expect(await served(text)).toEqual(NAMES);
  });

  test('none where there is no file', async () => {
    const excluded = await excludedInterfaces('v0.13', path);
    expect(NAMES.some(excluded)).toBe(false);
  });

  test.each(['v0.10', 'v0.11', 'v0.12'] as const)('none under %s, file or not', async (compat) => {
    writeFileSync(path, SHIPPED);
    expect(NAMES.some(await excludedInterfaces(compat, path))).toBe(false);
  });
});

describe('a file that cannot be followed ends the program with its path and', () => {
  test.each([
    ['the pattern', 'announcedInterfacesToExclude: ["^lo$", "(eth"]', '"(eth": missing closing )'],
    ['the place', 'announcedInterfacesToExclude: ["^lo$"', 'at line 1'],
    ['what it should hold', 'announcedInterfacesToExclude: lo', 'must be a list of strings'],
    ['what its list should hold', 'announcedInterfacesToExclude: [1]', 'must be a list of strings'],
    ['what it should be', 'eth0', 'must be a list of strings'],
    ['its length', `# ${'x'.repeat(70_000)}`, 'longer than 65536 characters'],
  ])('%s', async (_what, text, error) => {
    writeFileSync(path, text);
    const refused = excludedInterfaces('v0.13', path);
    await expect(refused).rejects.toThrow(error);
    await expect(refused).rejects.toThrow(path);
  });
});
