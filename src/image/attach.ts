import { annotationKeys } from '../spec/annotations.ts';
import { decodeBase64 } from '../spec/base64.ts';
import { digestOf } from '../spec/digest.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Annotations, Descriptor, Document, ImageIndex, Manifest } from '../spec/objects.ts';
import { containerdSubject } from './about.ts';

const emptyData = 'e30=';
/** The JSON object without fields, which artifacts have for a config (image-spec manifest.md, "Guidance for an Empty Descriptor"). */
export const emptyBlob: Uint8Array = decodeBase64(emptyData) ?? new Uint8Array();
const empty: Descriptor = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: digestOf(emptyBlob),
  size: emptyBlob.length,
};

/** The same with its bytes in it, as artifacts have it for a config. */
export const emptyDescriptor: Descriptor = { ...empty, data: emptyData };

/** A file that is attached. */
interface AttachedBlob extends Pick<Descriptor, 'mediaType' | 'digest' | 'size'> {
  /** Its name, without a path. */
  readonly title: string;
}

/** What is attached to a document. */
interface Attachment {
  readonly artifactType: string;
  readonly subject: Descriptor;
  readonly files: readonly AttachedBlob[];
  readonly annotations: Annotations;
  /** RFC 3339. */
  readonly created?: string | undefined;
}

/** The manifest of an artifact about a document, as oras writes it (image-spec manifest.md, "Guidelines for Artifact Usage"). */
export function attachedManifest({
  artifactType,
  subject,
  files,
  annotations,
  created,
}: Attachment): Document<Manifest> {
  const all = { ...(created === undefined ? {} : { [annotationKeys.created]: created }), ...annotations };
  const { mediaType, digest, size } = subject;
  const layers = files.map(({ title, ...blob }) => ({ ...blob, annotations: { [annotationKeys.title]: title } }));
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType,
    config: emptyDescriptor,
    layers: layers.length === 0 ? [empty] : layers,
    subject: { mediaType, digest, size },
    ...(Object.keys(all).length === 0 ? {} : { annotations: all }),
  };
  return encodeDocument(manifest, mediaTypes.manifest);
}

/** An artifact's entry in an index: oras finds it there, and containerd knows what it is about. */
export function attachedEntry({ value, descriptor }: Document<Manifest>): Descriptor {
  const { artifactType, annotations, subject } = value;
  return {
    ...descriptor,
    ...(artifactType === undefined ? {} : { artifactType }),
    annotations: { ...annotations, [containerdSubject]: subject?.digest ?? '' },
  };
}

/** An entry as an index of the fallback schema lists it (distribution-spec, "Referrers Tag Schema"). */
function fallbackEntry({ value, descriptor }: Document<Manifest>): Descriptor {
  const { artifactType, annotations } = value;
  return {
    ...descriptor,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** The index that a fallback tag names, with one artifact more. */
export function withFallback(index: ImageIndex | undefined, artifact: Document<Manifest>): Document<ImageIndex> {
  const before = index ?? { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] };
  const isThere = before.manifests.some(({ digest }) => digest === artifact.descriptor.digest);
  const manifests = isThere ? before.manifests : [...before.manifests, fallbackEntry(artifact)];
  return encodeDocument({ ...before, manifests }, mediaTypes.index);
}
