import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffLayerLists } from '../image/layers-diff.ts';
import { refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { layeredImage } from '../testing/layered-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hostPlatform } from '../testing/verb-use.ts';
import { diffLayers } from './diff-layers.ts';
import { diffPackages } from './diff-packages.ts';

const status = (versions: Readonly<Record<string, string>>): string =>
  Object.entries(versions)
    .map(([name, version]) => `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n\n`)
    .join('');

const metadata = (name: string, version: string): Readonly<Record<string, string>> => ({
  [`usr/lib/python3/${name}-${version}.dist-info/METADATA`]: `Name: ${name}\nVersion: ${version}\n`,
});

const base = { 'etc/os-release': 'ID=debian\n', 'var/lib/dpkg/status': status({ a: '1', gone: '1', down: '2~rc1' }) };

function images(directory: string): readonly [string, string] {
  const old = layeredImage(join(directory, 'old'), [base, metadata('lib', '1.9')]);
  const later = layeredImage(join(directory, 'new'), [
    base,
    { ...metadata('lib', '1.10'), ...metadata('more', '1') },
    { 'var/lib/dpkg/status': status({ a: '1+deb12u1', down: '2~beta', b: '1' }) },
  ]);
  return [old, later];
}

test('packages are compared by the versions of their kind, a moved directory of a language notwithstanding', async t => {
  const [old, later] = images(temporaryDirectory(t));
  const { packages } = await diffPackages(old, later, { hostPlatform });
  const rows = packages.map(({ kind, type, name, before, after }) =>
    [kind, type, name, before?.version ?? '-', after?.version ?? '-', after?.layer ?? '-'].join(' '),
  );
  assert.deepEqual(rows, [
    'U deb a 1 1+deb12u1 3',
    'A deb b - 1 3',
    'W deb down 2~rc1 2~beta 3',
    'D deb gone 1 - -',
    'U pypi lib 1.9 1.10 2',
    'A pypi more - 1 2',
  ]);
  assert.deepEqual((await diffPackages(old, old, { hostPlatform })).packages, []);
});

test('layers stand side by side: the same, changed with the same line of history, and those of one side alone', async t => {
  const [old, later] = images(temporaryDirectory(t));
  const { layers } = await diffLayers(old, later, { hostPlatform });
  const rows = layers.map(({ kind, before, after }) => [kind, before?.layer ?? '-', after?.layer ?? '-'].join(' '));
  assert.deepEqual(rows, ['= 1 1', '~ 2 2', '+ - 3']);
  const directory = temporaryDirectory(t);
  const said = /: expected an image, whose layers can be compared, got a directory without/;
  const rootfs = { kind: 'rootfs', path: directory } as const;
  await assert.rejects(diffLayers(old, directory, { hostPlatform }), refusal(said, 'unsupported'));
  await assert.rejects(diffLayers(rootfs, old, { hostPlatform }), refusal(said, 'unsupported'));
});

test('law: all layers of both sides are listed once and in order, and an image is the same as itself', () => {
  const layer = fc.record({ diffID: fc.constantFrom('a', 'b', 'c', 'd'), createdBy: fc.constantFrom('x', 'y', 'z') });
  const list = fc.array(layer, { maxLength: 8 });
  fc.assert(
    fc.property(list, list, (before, after) => {
      const pairs = diffLayerLists(before, after);
      assert.deepEqual(
        pairs.flatMap(pair => pair.before ?? []),
        before,
      );
      assert.deepEqual(
        pairs.flatMap(pair => pair.after ?? []),
        after,
      );
      for (const { kind, before: was, after: is } of pairs)
        assert.equal(kind === '=', was !== undefined && is !== undefined && was.diffID === is.diffID);
      assert.ok(diffLayerLists(before, before).every(({ kind }) => kind === '='));
    }),
  );
});

test('the command line prints a line a package and a line a layer, and its exit status tells', async t => {
  const [old, later] = images(temporaryDirectory(t));
  const packages = await runCommand(['diff', old, later, '--packages', '--exit-code']);
  assert.equal(packages.status, 1);
  assert.match(packages.out, /\nU +deb +a +\+0B +#1→#3 +1→1\+deb12u1\n/);
  const layers = await runCommand(['diff', old, later, '--layers']);
  assert.match(layers.out, /\n= +#1 #1 +\d+B +layer 1\n~ +#2 #2 +\d+B→\d+B +layer 2\n\+ +- #3 +\d+B +layer 3\n$/);
  const one = await runCommand(['diff', old, '--layers']);
  assert.equal(one.status, 2);
});
