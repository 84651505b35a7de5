import type { Descriptor, Image, ImageConfig, Manifest } from '../spec/objects.ts';
import { isTime } from '../spec/time.ts';
import { checkImage } from './check.ts';
import { convertManifest } from './convert.ts';
import { withDocuments } from './edit-image.ts';
import { kindOfTypes } from './image-kind.ts';
import { linesOf } from './lines.ts';

/** Gives the descriptor that is right for one of a manifest, at a place in words. */
type MendDescriptor = (descriptor: Descriptor, place: string) => Promise<Descriptor>;

/** Something that was mended: what the finding of it is called, where it was, and what is there now. */
export interface Mended {
  readonly code: string;
  readonly subject: string;
  readonly message: string;
}

async function mendedManifest(manifest: Manifest, place: string, mend: MendDescriptor): Promise<Manifest> {
  const { config, layers, subject } = manifest;
  const listed: Descriptor[] = [];
  for (const [at, layer] of layers.entries()) listed.push(await mend(layer, `${place} /layers/${at}`));
  return {
    ...manifest,
    config: await mend(config, `${place} /config`),
    layers: listed,
    ...(subject == null ? {} : { subject: await mend(subject, `${place} /subject`) }),
  };
}

/** All media types OCI's where docker's are mixed with them: OCI has one for each of docker's. */
function withTypes(image: Image, subject: string, note: (mended: Mended) => void): Image {
  const { value, descriptor } = image.manifest;
  if (kindOfTypes(value, descriptor.mediaType) !== 'mixed') return image;
  note({ code: 'media-types-mixed', subject, message: "docker's media types are OCI's now, as others there are" });
  return { ...image, manifest: convertManifest(image.manifest, value.layers, 'oci') };
}

/** The same object without a time that is none: every engine refuses an image for it. */
function withoutBadTime<T extends { readonly created?: string | null }>(
  said: T,
  subject: string,
  note: (mended: Mended) => void,
): T {
  const { created, ...others } = said;
  if (created == null || isTime(created)) return said;
  note({ code: 'schema-pattern', subject, message: `'${created.slice(0, 64)}', which is no time, is left out` });
  return others as T;
}

/** A config whose times are some. */
function withTimes({ value, descriptor }: Image['config'], note: (mended: Mended) => void): ImageConfig {
  const place = `config ${descriptor.digest}`;
  const timed = withoutBadTime(value, `${place} /created`, note);
  const rows = value.history?.map((row, at) => withoutBadTime(row, `${place} /history/${at}/created`, note));
  return rows === undefined ? timed : { ...timed, history: rows };
}

/**
 * An image whose documents say of their blobs what is true, and whose history is in step with its layers: layers that no line speaks of
 * get one without text, as every verb gives them; a history of more lines than layers is left out, since nobody knows which line is whose.
 * Times that are none are left out.
 */
export async function mendImage(
  image: Image,
  { mend, note }: { readonly mend: MendDescriptor; readonly note: (mended: Mended) => void },
): Promise<Image> {
  const place = `manifest ${image.manifest.descriptor.digest}`;
  const manifest = await mendedManifest(image.manifest.value, place, mend);
  const value = withTimes(image.config, note);
  const found = checkImage(image).find(({ code }) => code === 'history-count');
  if (found === undefined) return withTypes(withDocuments(image, value, manifest), place, note);
  const rows = (value.history ?? []).filter(row => row.empty_layer !== true).length;
  const isLonger = rows > manifest.layers.length;
  const message = isLonger
    ? 'the history is left out: it has more lines than there are layers'
    : 'layers without a line have one without text';
  note({ code: found.code, subject: found.subject, message });
  const { history: _history, ...silent } = value;
  const config = isLonger
    ? silent
    : { ...value, history: linesOf(withDocuments(image, value, manifest)).map(({ row }) => row) };
  return withTypes(withDocuments(image, config, manifest), place, note);
}
