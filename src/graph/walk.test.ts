import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { depthLimit } from '../limits.ts';
import { ImageListing } from '../ops/image-listing.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, ImageIndex } from '../spec/objects.ts';
import { arbitraryGraph, layoutOf, nestedIndexes } from '../testing/graphs.ts';
import { MemoryLayout } from '../testing/memory-layout.ts';
import { convertGraph } from './convert-graph.ts';
import { copyBlobs, neededBlobs } from './copy-graph.ts';
import { findByDigest } from './find-entry.ts';
import { pickImage } from './pick-image.ts';
import { proveConverted } from './prove-image.ts';
import { referrersOf } from './referrers.ts';
import { isMissing, walk } from './walk.ts';

/** What verbs do with a graph. */
const uses: Readonly<Record<string, (layout: MemoryLayout, roots: readonly Descriptor[]) => Promise<unknown>>> = {
  walk: (layout, roots) => walk(layout, roots, { subjects: true }),
  copy: async (layout, roots) => copyBlobs(layout, await neededBlobs(layout, roots), new MemoryLayout()),
  convert: async (layout, roots) => {
    const { graph } = await neededBlobs(layout, roots);
    const options = { store: new MemoryLayout(), compress: { compression: 'gzip' as const } };
    for (const root of roots.slice(-1)) await convertGraph(layout, { graph, root }, options);
  },
  prove: async (layout, roots) => {
    const { graph } = await neededBlobs(layout, roots);
    await proveConverted(Object.assign(layout, { isConverted: true }), graph);
  },
  find: (layout, roots) => findByDigest(layout, roots, 'sha256:0123456789'),
  pick: (layout, roots) =>
    pickImage(layout, roots.at(-1) as Descriptor, { platform: 'linux/amd64', subject: 'memory' }),
  referrers: layout => referrersOf(layout, [...layout.blobs.keys()]),
  images: async (layout, _roots) => new ImageListing(layout, { all: true }).rows((await layout.index()).value),
};

/** Runs a verb, whatever it answers, and says how often each blob was read and looked for on average. */
async function costOf(use: string, layout: MemoryLayout, roots: readonly Descriptor[]): Promise<number> {
  const blobs = new Set([...layout.blobs.keys(), ...roots.map(({ digest }) => digest)]).size;
  await layout.updateIndex(index => ({ ...index, manifests: roots }));
  layout.reads = 0;
  layout.looks = 0;
  try {
    await uses[use]?.(layout, roots);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
  }
  return Math.max(layout.reads, layout.looks) / blobs;
}

for (const use of Object.keys(uses)) {
  test(`${use}: the work grows with the blobs, however often they are listed`, async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryGraph, async steps => {
        const { layout, made } = layoutOf(steps);
        const cost = await costOf(use, layout, made);
        assert.ok(cost <= 4, `${cost} times as many readings as blobs`);
      }),
      { numRuns: 60 },
    );
    const layout = new MemoryLayout();
    const cost = await costOf(use, layout, [nestedIndexes(layout, 6, depthLimit)]);
    assert.ok(cost <= 4, `${cost} times as many readings as blobs of nested indexes`);
  });
}

test('what is referred to comes before what refers to it, and each blob once', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryGraph, async steps => {
      const { layout, made } = layoutOf(steps);
      const { nodes } = await walk(layout, made);
      const seen = new Set<string>();
      for (const node of nodes) {
        const { digest } = node.descriptor;
        const value = node.kind === 'index' || node.kind === 'manifest' ? node.document?.value : undefined;
        const below =
          value === undefined ? [] : 'manifests' in value ? value.manifests : [value.config, ...value.layers];
        for (const child of below) assert.ok(seen.has(child.digest));
        assert.equal(isMissing(node), !layout.blobs.has(digest));
        assert.ok(!seen.has(`${node.kind} ${digest}`));
        seen.add(digest).add(`${node.kind} ${digest}`);
      }
    }),
  );
});

test('every use refuses indexes that are nested too deep, on whichever way they are found', async () => {
  for (const use of Object.keys(uses).filter(name => name !== 'images')) {
    const layout = new MemoryLayout();
    const deep = nestedIndexes(layout, 2, depthLimit);
    const index: ImageIndex = { schemaVersion: 2, manifests: [deep] };
    const deeper = layout.add(encodeDocument(index, mediaTypes.index).bytes, mediaTypes.index);
    await layout.updateIndex(before => ({ ...before, manifests: [deep, deeper] }));
    await assert.rejects(async () => uses[use]?.(layout, [deep, deeper]), /nested at most 8 deep/, use);
  }
});

test('a place whose documents lead back to themselves ends a walk with an error', async () => {
  const layout = new MemoryLayout();
  const descriptor: Descriptor = { mediaType: mediaTypes.index, digest: `sha256:${'0'.repeat(64)}`, size: 2 };
  const index: ImageIndex = { schemaVersion: 2, manifests: [descriptor] };
  const { bytes } = encodeDocument(index, mediaTypes.index);
  const source = { ...layout, has: async () => true, read: async () => bytes, open: layout.open, put: layout.put };
  await assert.rejects(walk(source, [descriptor]), /do not lead back/);
});

test('a size that an entry claims falsely is damage of that entry alone', async () => {
  const layout = new MemoryLayout();
  const good = nestedIndexes(layout, 1, 1);
  const { nodes } = await walk(layout, [{ ...good, size: good.size + 1 }, good]);
  assert.deepEqual(
    nodes.filter(({ descriptor }) => descriptor.digest === good.digest).map(({ fault }) => fault?.code),
    ['invalid', undefined],
  );
});
