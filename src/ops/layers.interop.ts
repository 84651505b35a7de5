import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools, isRoot, listTree, ocikit, run } from '../testing/witness.ts';

const uses: Readonly<Record<string, readonly string[]>> = {
  squash: ['squash', 'img:app'],
  'squash of a range': ['squash', 'img:app', '--layers', '2..3'],
  drop: ['drop', 'img:app', '--layers', '2'],
  strip: ['strip', 'img:app', '/etc/motd', '/lib'],
  rebase: ['rebase', 'img:app', '--old-base', 'img:base', '--new-base', 'img:app'],
};

for (const [name, words] of Object.entries(uses))
  test(`what ${name} makes is unpacked by umoci as here, and skopeo copies it`, async t => {
    if (!isRoot(t) || !hasTools(t, 'umoci', 'skopeo')) return;
    const place = temporaryDirectory(t);
    await preparePlace(place);
    ocikit(place, ...words, '-t', 'made', '--quiet');
    ocikit(place, 'unpack', 'img:made', 'mine');
    run(place, 'umoci', 'unpack', '--image', 'img:made', 'theirs');
    assert.deepEqual(listTree(join(place, 'theirs/rootfs')), listTree(join(place, 'mine')));
    run(place, 'skopeo', 'copy', '--quiet', 'oci:img:made', 'dir:copy');
  });
