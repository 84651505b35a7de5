import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compress } from '../codec/compression.ts';
import { writeLayer } from '../codec/layer-writer.ts';
import type { Bytes } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { OciError } from '../errors.ts';
import { diffIDOf } from '../spec/digest.ts';
import type { Layer } from '../spec/objects.ts';
import { MemoryLayout } from '../testing/memory-layout.ts';
import { proveLayers } from './layer-bytes.ts';
import { ListingCache, openImageRootfs } from './rootfs-image.ts';

async function bytesOf(stream: Bytes | Iterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

/** The layer of one directory, stored with some compression. */
async function addLayer(layout: MemoryLayout, name: string, compression: 'none' | 'gzip' | 'zstd'): Promise<Layer> {
  const meta = { mode: 0o755, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() };
  const node = { kind: 'directory', meta, children: new Map() } as const;
  const tar = await bytesOf(writeLayer([{ kind: 'node', path: name, node }], { body: () => [] as never }));
  const hasher = nodeEngine.createHash('sha256');
  hasher.update(tar);
  const stored = await bytesOf(
    compress(
      (async function* () {
        yield tar;
      })(),
      { compression },
    ),
  );
  const suffix = compression === 'none' ? '' : `+${compression}`;
  const descriptor = layout.add(stored, `application/vnd.oci.image.layer.v1.tar${suffix}`);
  return { descriptor, diffID: diffIDOf(hasher.digest()) };
}

test('of two images each blob is read once, however they share their layers', async () => {
  const compressions = fc.constantFrom('none' as const, 'gzip' as const, 'zstd' as const);
  const stack = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), compressions), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(stack, stack, async (one, other) => {
      const layout = new MemoryLayout();
      const layersOf = async (names: typeof one): Promise<readonly Layer[]> =>
        Promise.all(names.map(([name, compression]) => addLayer(layout, name, compression)));
      const stacks = [await layersOf(one), await layersOf(other)];
      const cache = new ListingCache();
      for (const layers of stacks) await openImageRootfs(layout, layers, { cache }).tree();
      assert.equal(layout.reads, new Set(stacks.flat().map(({ descriptor }) => descriptor.digest)).size);
    }),
    { numRuns: 30 },
  );
});

test('a blob that is another tar than the diffID says is refused, whoever has read that diffID before', async () => {
  const layout = new MemoryLayout();
  const [a, b] = [await addLayer(layout, 'a', 'gzip'), await addLayer(layout, 'b', 'gzip')];
  const cache = new ListingCache();
  await openImageRootfs(layout, [a], { cache }).tree();
  const lying = { descriptor: b.descriptor, diffID: a.diffID };
  const refused = (error: unknown): boolean => error instanceof OciError && error.code === 'invalid';
  await assert.rejects(openImageRootfs(layout, [lying], { cache }).tree(), refused);
  await assert.rejects(proveLayers(layout, [a, lying]), refused);
});
