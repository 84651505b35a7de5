import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { diffIDOf, encodedOf } from '../spec/digest.ts';
import { layerTar } from '../testing/layout-files.ts';
import { MemoryLayout } from '../testing/memory-layout.ts';
import { textFile } from '../testing/scripts.ts';
import type { FileNode } from '../tree/node.ts';
import { find } from '../tree/walk.ts';
import { contentDigests } from './content-digests.ts';
import { readImageFile } from './image-file.ts';
import { readTreeStack } from './tree-stack.ts';

const layerType = 'application/vnd.oci.image.layer.v1.tar';

/** A layer of one file, and that file in the tree that it makes. */
async function layerOf(layout: MemoryLayout, text: string) {
  const descriptor = layout.add(
    layerTar([{ kind: 'node', path: 'a', node: textFile(text) }], () => Buffer.from(text)),
    layerType,
  );
  const layer = { descriptor, diffID: diffIDOf(encodedOf(descriptor.digest)) };
  const tree = (await readTreeStack(layout, [layer])).at(-1);
  assert.ok(tree);
  return { layer, tree, file: find(tree, 'a') as FileNode };
}

test('every file has its digest, two of one member both, and layers that have none of them are not read', async () => {
  const layout = new MemoryLayout();
  const [one, other] = [await layerOf(layout, 'one'), await layerOf(layout, 'other')];
  const again: FileNode = { ...one.file };
  const before = layout.reads;
  const found = await contentDigests(layout, [one.layer, other.layer, one.layer], [one.file, again]);
  const digest = createHash('sha256').update('one').digest('hex');
  assert.deepEqual([found.get(one.file), found.get(again), found.size], [digest, digest, 2]);
  assert.equal(layout.reads - before, 1);
});

test('a small file of an image is read out of the layer that brought it, up to the limit and no further', async () => {
  const layout = new MemoryLayout();
  const [one, other] = [await layerOf(layout, 'one'), await layerOf(layout, 'other')];
  const read = (path: string, limit: number): Promise<Uint8Array | undefined> =>
    readImageFile(layout, [other.layer, one.layer], { tree: one.tree, path, limit });
  assert.equal(Buffer.from((await read('a', 3)) ?? []).toString(), 'one');
  await assert.rejects(read('a', 2), /memory: \/a: expected at most 2 bytes, got 3/);
  for (const path of ['', 'b']) assert.equal(await read(path, 3), undefined);
  assert.equal(await readImageFile(layout, [other.layer], { tree: one.tree, path: 'a', limit: 3 }), undefined);
});
