import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { type Stage, only, readDockerfile, wordsOf } from './dockerfile.ts';

const TEXT = readFileSync('images/Dockerfile', 'utf8');
const STAGES = readDockerfile(TEXT);
const IMAGES = [
  { name: 'controller', entry: '/controller', user: '65534:65534' },
  { name: 'speaker', entry: '/speaker', user: '0:0' },
  { name: 'migrate', entry: '/metal-migrate', user: '65534:65534' },
];

const stage = (name: string): Stage => {
  const found = STAGES.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no stage ${name}`);
  return found;
};

test('one build stage and the three images are all there is, each with a name', () => {
  expect(STAGES.map(({ name }) => name)).toEqual(['assembly', 'controller', 'speaker', 'migrate']);
});

test.for(IMAGES)('$name holds its assembled root file system and nothing else', ({ name }) => {
  const image = stage(name);

  expect(image.from).toBe('scratch');
  expect(only(image, 'COPY')).toMatchObject({
    flags: { from: 'assembly' },
    rest: `/images/${name}/ /`,
  });
  expect(image.instructions.map((instruction) => instruction.name)).toEqual(
    expect.not.arrayContaining(['RUN', 'ADD', 'ENV', 'VOLUME', 'CMD']),
  );
});

test.for(IMAGES)('$name starts $entry, with no shell between', ({ name, entry }) => {
  expect(wordsOf(only(stage(name), 'ENTRYPOINT'))).toEqual([entry]);
});

test.for(IMAGES)('$name runs as $user unless its pod says otherwise', ({ name, user }) => {
  expect(only(stage(name), 'USER').rest).toBe(user);
});

test.for(IMAGES)('$name says what it is, in which version and under which license', ({ name }) => {
  const label = only(stage(name), 'LABEL').rest;

  expect(label).toContain(`.title="metal-${name}"`);
  expect(label).toContain(`.version="${packageFile.version}"`);
  expect(label).toContain(`.licenses="${packageFile.license}"`);
});

test('every image that is pulled has a version, and none names a registry', () => {
  const pulled = STAGES.map(({ from }) => from).filter((from) => from !== 'scratch');

  expect(pulled.filter((from) => !/^[a-z]+:\d+[.]\d+[.]\d+(-[a-z]+)*$/.test(from))).toEqual([]);
  expect(TEXT).not.toMatch(/[a-z0-9-]+[.](io|com|org|dev|net)\//);
  expect(TEXT).not.toContain('latest');
});

test('it builds with the Node that the images carry, the same for every architecture', () => {
  const locked = readFileSync('images/node.lock', 'utf8').trim().split('\n').slice(1);
  const [amd64 = [], arm64 = []] = locked.map((line) => line.split(' '));

  expect([amd64[0], arm64[0]]).toEqual(['amd64', 'arm64']);
  expect(amd64[2]).toBe(arm64[2]);
  expect(stage('assembly').from).toBe(`node:${amd64[2] ?? ''}-bookworm-slim`);
});

test('images of another architecture are assembled without an emulator', () => {
  const { platform, instructions } = stage('assembly');
  const assemble = instructions.findIndex(({ rest }) => rest.includes('images/assemble.sh'));

  expect(platform).toBe('$BUILDPLATFORM');
  expect(instructions[assemble]?.rest).toBe('ARCH=$TARGETARCH images/assemble.sh /images');
  expect(instructions.slice(0, assemble)).toContainEqual({
    name: 'ARG',
    flags: {},
    rest: 'TARGETARCH',
  });
});

test('what is installed is what the lock file says, and no install script runs', () => {
  const runs = stage('assembly').instructions.filter(({ name }) => name === 'RUN');

  expect(runs.map(({ rest }) => rest).filter((rest) => rest.startsWith('npm'))).toEqual([
    'npm ci --ignore-scripts',
    'npm run build',
  ]);
});

test('everything the build copies exists, and the context holds nothing but that', () => {
  const copied = stage('assembly')
    .instructions.filter(({ name }) => name === 'COPY')
    .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
  const rules = readFileSync('.dockerignore', 'utf8').split('\n').filter(Boolean);
  const [first, ...admitted] = rules.filter((rule) => !rule.startsWith('#'));

  expect(copied.filter((path) => !existsSync(path))).toEqual([]);
  expect(first).toBe('*');
  expect(admitted.map((rule) => rule.replace(/^!/, '')).toSorted()).toEqual(copied.toSorted());
});
