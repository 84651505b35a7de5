import fc from 'fast-check';
import { diffIDOf, encodedOf } from '../spec/digest.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, ImageConfig, ImageIndex, Manifest } from '../spec/objects.ts';
import { MemoryLayout } from './memory-layout.ts';

/** One document of a random graph; numbers choose among what was made before it. */
export type Step =
  | { readonly kind: 'image'; readonly layers: readonly number[]; readonly user: string; readonly isMissing: boolean }
  | { readonly kind: 'attestation'; readonly about: number }
  | { readonly kind: 'referrer'; readonly about: number }
  | { readonly kind: 'index'; readonly entries: readonly number[]; readonly isMissing: boolean };

const nat = fc.nat(1000);

/** Nested indexes that list a child many times, images that share layers, attestations, signatures, and blobs that are not there. */
export const arbitraryGraph: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('image' as const),
        layers: fc.array(fc.nat(3), { maxLength: 3 }),
        user: fc.constantFrom('', 'a', 'b'),
        isMissing: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('attestation' as const, 'referrer' as const), about: nat }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('index' as const),
        entries: fc.array(nat, { minLength: 1, maxLength: 6 }),
        isMissing: fc.boolean(),
      }),
    },
  ),
  { minLength: 1, maxLength: 14 },
);

const layerType = 'application/vnd.oci.image.layer.v1.tar';

function addImage(layout: MemoryLayout, layers: readonly number[], user: string): Descriptor {
  const descriptors = layers.map(number => layout.add(new TextEncoder().encode(`layer ${number}`), layerType));
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config: { User: user },
    rootfs: { type: 'layers', diff_ids: descriptors.map(({ digest }) => diffIDOf(encodedOf(digest))) },
  };
  return addManifest(layout, {
    config: layout.add(encodeDocument(config, mediaTypes.config).bytes, mediaTypes.config),
    layers: descriptors,
  });
}

function addManifest(layout: MemoryLayout, parts: Omit<Manifest, 'schemaVersion'>): Descriptor {
  const manifest: Manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, ...parts };
  return layout.add(encodeDocument(manifest, mediaTypes.manifest).bytes, mediaTypes.manifest);
}

function addReferrer(layout: MemoryLayout, subject: Descriptor): Descriptor {
  const config = layout.add(new TextEncoder().encode('{}'), mediaTypes.empty);
  return addManifest(layout, { artifactType: 'application/x-signature', config, layers: [], subject });
}

function addIndex(layout: MemoryLayout, manifests: readonly Descriptor[]): Descriptor {
  const index: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
  return layout.add(encodeDocument(index, mediaTypes.index).bytes, mediaTypes.index);
}

const about = (subject: Descriptor): Pick<Descriptor, 'annotations' | 'platform'> => ({
  annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': subject.digest },
  platform: { architecture: 'unknown', os: 'unknown' },
});

/** How deep indexes may be nested in these graphs, so that the limit of a walk is not met. */
const depth = 6;

/** The layout of a random graph, and the descriptors of its documents in order. */
export function layoutOf(steps: readonly Step[]): {
  readonly layout: MemoryLayout;
  readonly made: readonly Descriptor[];
} {
  const layout = new MemoryLayout();
  const made: Descriptor[] = [];
  const heights = new Map<string, number>();
  const pick = (number: number): Descriptor => made[number % made.length] ?? addImage(layout, [0], '');
  const missing: Descriptor[] = [];
  for (const step of steps) {
    if (step.kind === 'image') made.push(addImage(layout, step.layers, step.user));
    else if (step.kind === 'referrer') made.push(addReferrer(layout, pick(step.about)));
    else if (step.kind === 'attestation')
      made.push({ ...addImage(layout, [], 'attested'), ...about(pick(step.about)) });
    else {
      const entries = step.entries.map(pick).filter(({ digest }) => (heights.get(digest) ?? 0) < depth);
      const index = addIndex(layout, entries);
      heights.set(index.digest, 1 + Math.max(0, ...entries.map(({ digest }) => heights.get(digest) ?? 0)));
      made.push(index);
    }
    if ('isMissing' in step && step.isMissing) missing.push(made.at(-1) as Descriptor);
  }
  for (const { digest } of missing) if (digest !== made.at(-1)?.digest) layout.blobs.delete(digest);
  return { layout, made };
}

/** An index of `width` times the same index, so often nested, around one image. */
export function nestedIndexes(layout: MemoryLayout, width: number, depth: number): Descriptor {
  let inner = addImage(layout, [0, 1], '');
  for (let level = 0; level < depth; level++) {
    const child = inner;
    inner = addIndex(
      layout,
      Array.from({ length: width }, () => child),
    );
  }
  return inner;
}
