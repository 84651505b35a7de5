import { invalid, unsupported } from '../errors.ts';
import { parseJson } from '../spec/document.ts';
import { isConfigType, isIndexType, isManifestType } from '../spec/media-type.ts';
import type { Descriptor, Document, Image, ImageConfig, ImageIndex, Json, Layer, Manifest } from '../spec/objects.ts';
import { parseConfig, parseIndex, parseManifest } from '../spec/parse.ts';
import type { ImageSource } from './source.ts';

interface Kind<T> {
  readonly word: string;
  readonly isType: (mediaType: string) => boolean;
  readonly parse: (json: Json, subject: string) => T;
}

const manifestKind: Kind<Manifest> = { word: 'image manifest', isType: isManifestType, parse: parseManifest };
const indexKind: Kind<ImageIndex> = { word: 'image index', isType: isIndexType, parse: parseIndex };
const configKind: Kind<ImageConfig> = { word: 'image config', isType: isConfigType, parse: parseConfig };

async function readDocument<T>(source: ImageSource, descriptor: Descriptor, kind: Kind<T>): Promise<Document<T>> {
  const subject = `${source.subject}: ${kind.word} ${descriptor.digest}`;
  if (!kind.isType(descriptor.mediaType))
    throw unsupported(subject, `the media type of an ${kind.word}`, descriptor.mediaType);
  const bytes = await source.read(descriptor);
  return { value: kind.parse(parseJson(bytes, subject), subject), bytes, descriptor };
}

/** Reads a manifest (image-spec manifest.md). Throws `unsupported` for another media type, `not-found` and `invalid`. */
export function readManifest(source: ImageSource, descriptor: Descriptor): Promise<Document<Manifest>> {
  return readDocument(source, descriptor, manifestKind);
}

/** Reads an index that is a blob (image-spec image-index.md). Throws `unsupported` for another media type, `not-found` and `invalid`. */
export function readIndex(source: ImageSource, descriptor: Descriptor): Promise<Document<ImageIndex>> {
  return readDocument(source, descriptor, indexKind);
}

/** Reads a manifest and its config. Throws `unsupported` for an artifact, which has no image config, `not-found` and `invalid`. */
export async function readImage(source: ImageSource, descriptor: Descriptor): Promise<Image> {
  const manifest = await readManifest(source, descriptor);
  const { artifactType, config } = manifest.value;
  if (!isConfigType(config.mediaType)) {
    const subject = `${source.subject}: ${manifestKind.word} ${descriptor.digest}`;
    throw unsupported(subject, 'an image', `an artifact of type ${artifactType ?? config.mediaType}`);
  }
  return { manifest, config: await readDocument(source, config, configKind) };
}

/** The layers of an image, bottom first, each with its diffID. Throws `invalid` where their numbers differ. */
export function layersOf(image: Image): readonly Layer[] {
  const { layers } = image.manifest.value;
  const diffIDs = image.config.value.rootfs.diff_ids;
  if (layers.length !== diffIDs.length) {
    const subject = `image config ${image.config.descriptor.digest}: /rootfs/diff_ids`;
    throw invalid(subject, `as many diff_ids as the manifest has layers (${layers.length})`, `${diffIDs.length}`);
  }
  return layers.flatMap((descriptor, position) => {
    const diffID = diffIDs[position];
    return diffID === undefined ? [] : [{ descriptor, diffID }];
  });
}
