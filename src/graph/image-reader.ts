import { unsupported } from '../errors.ts';
import { parseJson } from '../spec/document.ts';
import { isConfigType, isIndexType, isManifestType } from '../spec/media-type.ts';
import type { Descriptor, Document, Image, ImageConfig, ImageIndex, Json, Manifest } from '../spec/objects.ts';
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

/** The image of a manifest that has been read: reads its config. Throws as `readImage`. */
export async function readImageOf(source: ImageSource, manifest: Document<Manifest>): Promise<Image> {
  const { artifactType, config } = manifest.value;
  if (!isConfigType(config.mediaType)) {
    const subject = `${source.subject}: ${manifestKind.word} ${manifest.descriptor.digest}`;
    throw unsupported(subject, 'an image', `an artifact of type ${artifactType ?? config.mediaType}`);
  }
  return { manifest, config: await readDocument(source, config, configKind) };
}

/** Reads a manifest and its config. Throws `unsupported` for an artifact, which has no image config, `not-found` and `invalid`. */
export async function readImage(source: ImageSource, descriptor: Descriptor): Promise<Image> {
  return readImageOf(source, await readManifest(source, descriptor));
}
