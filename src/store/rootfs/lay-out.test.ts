import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BodySource } from '../../codec/body-source.ts';
import { writeLayer } from '../../codec/layer-writer.ts';
import type { Layer } from '../../spec/objects.ts';
import { MemoryLayout } from '../../testing/memory-layout.ts';
import { textFile } from '../../testing/scripts.ts';
import { snapshotOf } from '../../testing/snapshot.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { arbitraryTree } from '../../testing/trees.ts';
import { isRoot } from '../../testing/witness.ts';
import { diff } from '../../tree/diff.ts';
import { emptyTree, type FileNode, type LayerEntry } from '../../tree/node.ts';
import { toLayer } from '../../tree/to-layer.ts';
import { walk } from '../../tree/walk.ts';
import { openRootfsDirectory } from './directory.ts';
import { type LaidPart, layOut, layOutBeside } from './lay-out.ts';

const bodyOf = ({ size, content }: FileNode): Uint8Array => Buffer.alloc(size, `${content.member}`);

/** Small bodies of some contents come at once, as a directory's. */
const bodies: BodySource = {
  body: (_path, node) => [bodyOf(node).subarray(0, 1), bodyOf(node).subarray(1)],
  fill(_path, node, room) {
    if (node.content.source === 'one') return false;
    room.set(bodyOf(node));
    return true;
  },
};

function written(entries: readonly LayerEntry[], listener?: Parameters<typeof writeLayer>[2]): Uint8Array {
  return Buffer.concat(Array.from(writeLayer(entries, bodies, listener), chunk => Uint8Array.from(chunk)));
}

/** When everything below a directory was changed, nanoseconds since 1970. */
const timesOf = async (root: string): Promise<readonly bigint[]> =>
  Array.from(walk(await openRootfsDirectory(root).tree()), ([, { meta }]) => meta.mtime);

test('what is laid out while its layer is written is what the layer lays out, and what its entries do', async t => {
  // Modes of 0000 keep anybody else out.
  if (!isRoot(t)) return;
  let count = 0;
  const parent = temporaryDirectory(t);
  const place = (): string => {
    const path = join(parent, `${count++}`);
    mkdirSync(path);
    return path;
  };
  const laid = async (part: LaidPart): Promise<string> => {
    const path = place();
    await layOut([part], path, undefined);
    return path;
  };
  const law = fc.asyncProperty(arbitraryTree, async tree => {
    const entries = toLayer(diff(emptyTree(), tree), tree);
    const beside = place();
    const bytes = await layOutBeside(beside, undefined, async listener => written(entries, listener));
    const source = new MemoryLayout();
    const descriptor = source.add(bytes, 'application/vnd.oci.image.layer.v1.tar');
    const layer = { descriptor, diffID: descriptor.digest } as Layer;
    const ofEntries = await laid({ kind: 'entries', entries, bodies, beside: parent });
    const ofLayer = await laid({ kind: 'layer', source, layer });
    assert.deepEqual(snapshotOf(beside), snapshotOf(ofEntries));
    assert.deepEqual(await timesOf(beside), await timesOf(ofEntries));
    assert.deepEqual(snapshotOf(beside), snapshotOf(ofLayer));
    const floored = (time: bigint): bigint => time - (((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
    assert.deepEqual((await timesOf(beside)).map(floored), await timesOf(ofLayer));
  });
  await fc.assert(law, { numRuns: 60 });
});

test('a layer that ends halfway lets go of what was being laid out', async t => {
  const directory = temporaryDirectory(t);
  const open = readdirSync('/proc/self/fd').length;
  const ending = layOutBeside(directory, undefined, async listener => {
    listener.entry({ kind: 'node', path: 'file', node: textFile('12345') });
    throw new Error('the disk is full');
  });
  await assert.rejects(ending, { message: 'the disk is full' });
  assert.equal(readdirSync('/proc/self/fd').length, open);
});
