import { invalid } from '../errors.ts';
import { annotationKeys } from '../spec/annotations.ts';
import type { Digest } from '../spec/digest.ts';
import { encodeDocument } from '../spec/document.ts';
import type {
  Annotations,
  ContainerConfig,
  Descriptor,
  History,
  Image,
  ImageConfig,
  Layer,
  Manifest,
  Platform,
} from '../spec/objects.ts';
import { type MediaTypes, mediaTypesOf } from './image-kind.ts';
import { checkLayerCount } from './layers.ts';

/** What one commit adds to an image. */
export interface LayerEdit {
  /** Absent: nothing changed in the root filesystem, and the line of history has no layer. */
  readonly layer?: Layer;
  readonly platform: Platform;
  /** RFC 3339. Absent: the image carries no time. */
  readonly created?: string;
  /** The base's author when absent. */
  readonly author?: string;
  readonly message?: string;
  /** The resulting command line when absent, as docker writes it. */
  readonly createdBy?: string;
  /** Replaces the base's execution parameters. */
  readonly config?: ContainerConfig;
  /** Added to the base manifest's. */
  readonly annotations?: Annotations;
  /** The base's manifest, to be named in `org.opencontainers.image.base.digest`. */
  readonly baseDigest?: Digest;
}

/**
 * A new image: the base's layers and one more, with one more line of history. Unknown fields of the base's documents
 * survive; a Docker base makes a Docker image. Throws `invalid` where layers, diffIDs and history of the base do not
 * agree (image-spec config.md and manifest.md).
 */
export function appendLayer(base: Image | undefined, edit: LayerEdit): Image {
  const layers = base === undefined ? [] : base.manifest.value.layers;
  const history = base === undefined ? [] : historyBelow(base);
  return build(base, edit, { layers, diffIDs: base?.config.value.rootfs.diff_ids ?? [], history });
}

/** A new image of the edit's layer alone: the base's config and annotations, without its layers and history. */
export function squashedImage(base: Image | undefined, edit: LayerEdit): Image {
  return build(base, edit, { layers: [], diffIDs: [], history: [] });
}

interface Below {
  readonly layers: readonly Descriptor[];
  readonly diffIDs: ImageConfig['rootfs']['diff_ids'];
  readonly history: readonly History[];
}

function build(base: Image | undefined, edit: LayerEdit, below: Below): Image {
  const types = mediaTypesOf(base?.manifest);
  const layers = edit.layer === undefined ? [] : [edit.layer];
  const config = encodeDocument(configOf(base?.config.value, edit, below), types.config);
  const manifest: Manifest = {
    ...keptManifest(base?.manifest.value),
    schemaVersion: 2,
    mediaType: types.manifest,
    config: config.descriptor,
    layers: [...below.layers, ...layers.map(layer => storedAs(layer.descriptor, types))],
    ...annotationsOf(base?.manifest.value.annotations, edit),
  };
  return { config, manifest: encodeDocument(manifest, types.manifest) };
}

function storedAs(descriptor: Descriptor, types: MediaTypes): Descriptor {
  return { ...descriptor, mediaType: types.layer(descriptor.mediaType) };
}

/** The new image is not about what the base was about, so `subject` goes; what the manifest says of itself stays. */
function keptManifest(manifest: Manifest | undefined): Partial<Manifest> {
  if (manifest === undefined) return {};
  const { subject: _subject, annotations: _annotations, ...kept } = manifest;
  return kept;
}

const { baseDigest, baseName, created, refName } = annotationKeys;
/** True of the base only: when it was made, what it was made of and what it was called. */
const ownAnnotations: ReadonlySet<string> = new Set([baseDigest, baseName, created, refName]);

function annotationsOf(base: Annotations | undefined | null, edit: LayerEdit): { annotations?: Annotations } {
  const annotations = new Map(Object.entries(base ?? {}).filter(([key]) => !ownAnnotations.has(key)));
  if (edit.baseDigest !== undefined) annotations.set(baseDigest, edit.baseDigest);
  for (const [key, value] of Object.entries(edit.annotations ?? {})) annotations.set(key, value);
  return annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) };
}

function configOf(base: ImageConfig | undefined, edit: LayerEdit, below: Below): ImageConfig {
  const { created: _created, author: baseAuthor, ...kept } = base ?? {};
  const author = edit.author ?? baseAuthor;
  const config = edit.config ?? base?.config ?? undefined;
  const diffIDs = edit.layer === undefined ? below.diffIDs : [...below.diffIDs, edit.layer.diffID];
  return {
    ...(edit.created === undefined ? {} : { created: edit.created }),
    ...(author ? { author } : {}),
    ...withPlatform(kept, edit.platform),
    ...(config === undefined ? {} : { config }),
    rootfs: { ...base?.rootfs, type: 'layers', diff_ids: diffIDs },
    history: [...below.history, historyRow({ ...edit, ...(author ? { author } : {}) }, config)],
  };
}

type PlatformFields = Partial<Platform>;

/** Another architecture or system takes the details that the base gave of its own away; the same one keeps them. */
function withPlatform<T extends PlatformFields>(base: T, platform: Platform): Omit<T, keyof Platform> & Platform {
  const { architecture, os, variant, 'os.version': version, 'os.features': features, ...kept } = base;
  const details =
    architecture === platform.architecture && os === platform.os
      ? { variant, 'os.version': version, 'os.features': features }
      : {};
  const known = Object.entries(details).filter(([, value]) => value !== undefined);
  return { ...kept, ...Object.fromEntries(known), ...platform };
}

function historyRow(edit: LayerEdit, config: ContainerConfig | undefined): History {
  const createdBy = edit.createdBy ?? (config?.Cmd ?? []).join(' ');
  return {
    ...(edit.created === undefined ? {} : { created: edit.created }),
    ...(createdBy === '' ? {} : { created_by: createdBy }),
    ...(edit.author ? { author: edit.author } : {}),
    ...(edit.message ? { comment: edit.message } : {}),
    ...(edit.layer === undefined ? { empty_layer: true } : {}),
  };
}

/** The base's history as it is; where it has none, one line without text for each layer, so that lines and layers still agree. */
function historyBelow(base: Image): readonly History[] {
  const layers = base.manifest.value.layers.length;
  const { rootfs, history } = base.config.value;
  const subject = `config ${base.config.descriptor.digest}`;
  checkLayerCount(subject, { diffIDs: rootfs.diff_ids.length, layers });
  if (!history?.length) return rootfs.diff_ids.map(() => ({}));
  const rows = history.filter(row => row.empty_layer !== true).length;
  if (rows !== layers) throw invalid(subject, `a line of history for each of ${layers} layers`, `${rows}`);
  return history;
}
