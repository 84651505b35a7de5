import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../testing/command-line.ts';
import { putPlain } from '../testing/finding-case.ts';
import { layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { tarCases } from '../testing/tar-cases.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { LayerEntry } from '../tree/node.ts';

const meta = { mode: 0o666, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() };
const writable = (path: string): LayerEntry => ({
  kind: 'node',
  path,
  node: { kind: 'file', meta, size: 1, content: { source: 'test', member: 1 } },
});

test('notes are shown where they are asked for, and many of one code in one blob are one group', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'l'));
  const tar = layerTar(['a', 'b', 'c', 'd', 'e'].map(writable));
  putName(layout, 'app', putImage(layout, { layers: [{ tar }] }));
  const plain = await runCommand(['validate', layout]);
  assert.match(plain.out, /^\S+: valid, 3 blobs \([^)]*\) checked\n$/);
  const { status, out } = await runCommand(['validate', layout, '--notes']);
  assert.equal(status, 0);
  assert.deepEqual(out.match(/^note: tar-world-writable: layer sha256:\w+ '(\w)': mode 666$/gm)?.length, 3);
  assert.match(out, /\n {2}and 2 more tar-world-writable\n/);
  assert.match(out, /: valid, 5 notes, 3 blobs/);
  const { notes } = JSON.parse((await runCommand(['validate', layout, '--json'])).out);
  assert.equal(notes.length, 5);
});

test('engines that are asked about are named with what speaks against them, and one that refuses is exit status 1', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'l'));
  tarCases['tar-whiteout-after-entry']?.make(layout);
  const asked = (...more: readonly string[]) => runCommand(['validate', layout, ...more]);
  const both = await asked('--engines', 'umoci,docker@20.10');
  assert.match(
    both.out,
    /^umoci: accepts\ndocker@20\.10: differs\n {2}tar-whiteout-after-entry: the entry is deleted\n/m,
  );
  assert.equal(both.status, 0);
  assert.equal((await asked('--engines', 'docker', '--strict')).status, 1);
  const refused = await asked('--engines', 'containerd');
  assert.match(refused.out, /^containerd: refuses\n/m);
  assert.equal(refused.status, 1);
  const unknown = await asked('--engines', 'rkt');
  assert.equal(unknown.status, 2);
  assert.match(unknown.err, /--engines: expected the names of engines, got 'rkt' \(one of docker, podman/);
});

test('a code is explained, and one that there is not is refused with those that there are', async t => {
  const { status, out } = await runCommand(['validate', '--explain', 'tar-duplicate-path']);
  assert.equal(status, 0);
  assert.match(
    out,
    /^tar-duplicate-path \(error\)\n\nOne path .*\n\nSee: image-spec layer\.md.*\nTo do: .*\n\nEngines:\n {2}docker, podman, buildah: /,
  );
  assert.equal(JSON.parse((await runCommand(['validate', '--explain', 'damaged', '--json'])).out).code, 'damaged');
  assert.match(
    (await runCommand(['validate', '--explain', 'nope'])).err,
    /--explain: expected the code of a finding, got 'nope' \(one of:/,
  );
  const layout = makeLayout(join(temporaryDirectory(t), 'l'));
  putPlain(layout);
  assert.equal((await runCommand(['validate', layout, '--explain', 'damaged'])).status, 2);
  assert.match((await runCommand(['validate'])).err, /expected a PLACE, got none/);
});
