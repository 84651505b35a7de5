import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../testing/command-line.ts';
import { layerTar, makeLayout, putImage, putIndex, putName } from '../testing/layout-files.ts';
import { textFile } from '../testing/scripts.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { diffPlatforms } from './diff-platforms.ts';

/** A layout with images `1` and `2`: amd64 is another, arm64 the same, each has a platform of its own. */
function twoVersions(directory: string): string {
  const layout = makeLayout(join(directory, 'img'));
  const image = (architecture: string, text: string): ReturnType<typeof putImage> => {
    const node = textFile(text);
    const tar = layerTar([{ kind: 'node', path: 'version', node }], () => Buffer.from(text));
    return putImage(layout, { layers: [{ tar }], architecture });
  };
  putName(layout, '1', putIndex(layout, [image('amd64', 'one\n'), image('arm64', 'same\n'), image('s390x', 'old\n')]));
  putName(
    layout,
    '2',
    putIndex(layout, [image('riscv64', 'new\n'), image('arm64', 'same\n'), image('amd64', 'two\n')]),
  );
  return layout;
}

test('platforms are paired by name, and those of one side are named and count', async t => {
  const layout = twoVersions(temporaryDirectory(t));
  const [old, next] = [`${layout}:1`, `${layout}:2`];
  const { platforms } = await diffPlatforms(old, next);
  assert.deepEqual(
    platforms.map(({ platform, before, after, changes }) => [
      platform,
      before !== null,
      after !== null,
      changes.length,
    ]),
    [
      ['linux/amd64', true, true, 1],
      ['linux/arm64', true, true, 0],
      ['linux/riscv64', false, true, 0],
      ['linux/s390x', true, false, 0],
    ],
  );
  const { out, status } = await runCommand(['diff', old, next, '--all-platforms', '--exit-code', '--text', '**']);
  assert.equal(
    out,
    'linux/amd64:\ndiff --git a/version b/version\n--- a/version\n+++ b/version\n@@ -1 +1 @@\n-one\n+two\n' +
      'linux/arm64: no difference\nlinux/riscv64: only in NEW\nlinux/s390x: only in OLD\n',
  );
  assert.equal(status, 1);
  assert.equal((await runCommand(['diff', old, old, '--all-platforms', '--exit-code'])).status, 0);
});

test('an image of one platform is compared with that platform of an index', async t => {
  const layout = twoVersions(temporaryDirectory(t));
  const { platforms } = await diffPlatforms(`${layout}:1`, `${layout}:1`);
  const digest = platforms[0]?.before;
  const found = await diffPlatforms(`${layout}@${digest}`, `${layout}:2`);
  assert.deepEqual(
    found.platforms.map(({ platform, changes }) => `${platform} ${changes.length}`),
    ['linux/amd64 1', 'linux/arm64 0', 'linux/riscv64 0'],
  );
});
