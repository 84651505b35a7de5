import { compressionOf, detectCompression, magicSize, type TarCompression } from '../codec/compression.ts';
import type { Bytes } from '../engine/engine.ts';
import { isLayerType } from '../spec/media-type.ts';
import type { Descriptor } from '../spec/objects.ts';
import { peek } from '../stream/peek.ts';
import type { ImageSource } from './source.ts';

/** What the blobs of each source begin like: they are looked at once, by whoever comes first. */
const known = new WeakMap<ImageSource, Map<string, TarCompression>>();

function remember(source: ImageSource, { digest }: Descriptor, found: TarCompression): void {
  const ofSource = known.get(source) ?? new Map<string, TarCompression>();
  known.set(source, ofSource.set(digest, found));
}

/**
 * A layer's blob from its beginning, and what it is compressed with: its bytes decide, whatever its media type says, as they do
 * for docker, containerd, podman and skopeo. Bytes that begin like nothing known are a plain tar where `mayBePlain`, and damaged
 * otherwise. Throws `unsupported` for what is no layer.
 */
export async function openStoredLayer(
  source: ImageSource,
  descriptor: Descriptor,
  { mayBePlain }: { readonly mayBePlain: boolean },
): Promise<{ readonly compression: TarCompression; readonly bytes: Bytes }> {
  const said = compressionOf(descriptor.mediaType);
  const { head, whole } = await peek(source.open(descriptor), magicSize);
  const found = detectCompression(head);
  remember(source, descriptor, found);
  return { compression: found === 'none' && !mayBePlain ? said : found, bytes: whole };
}

/** What a blob begins like. Reads no more of it than that. */
export async function storedAs(source: ImageSource, descriptor: Descriptor): Promise<TarCompression> {
  const found = known.get(source)?.get(descriptor.digest);
  if (found !== undefined) return found;
  const { head, close } = await peek(source.open(descriptor), magicSize);
  await close();
  const looked = detectCompression(head);
  remember(source, descriptor, looked);
  return looked;
}

const words = { none: 'a plain tar', gzip: 'gzip', zstd: 'zstd', xz: 'xz', bzip2: 'bzip2' } as const;

/** A sentence where a layer's media type says one compression and its bytes another; what is not there says nothing. */
export async function mislabelled(source: ImageSource, descriptor: Descriptor): Promise<string | undefined> {
  if (!isLayerType(descriptor.mediaType) || descriptor.size === 0 || !(await source.has(descriptor))) return undefined;
  const [said, found] = [compressionOf(descriptor.mediaType), await storedAs(source, descriptor)];
  if (said === found) return undefined;
  return `layer ${descriptor.digest}: its media type says ${words[said]}, its bytes are ${words[found]}`;
}

/** What there is to say of a place, and one sentence for all layers whose media types say one compression and their bytes another. */
export async function warningsOf(source: ImageSource, layers: Iterable<Descriptor>): Promise<readonly string[]> {
  const found = new Map<string, string>();
  for (const layer of layers) {
    const sentence = await mislabelled(source, layer);
    if (sentence !== undefined) found.set(layer.digest, sentence);
  }
  const [first, ...others] = found.values();
  const { subject, warnings = [] } = source;
  if (first === undefined) return warnings;
  const more = others.length === 0 ? '' : `, as are ${others.length} more layers wrongly labelled`;
  return [...warnings, `${subject}: ${first}${more}; the bytes count`];
}
