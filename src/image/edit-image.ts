import { editedDocument } from '../spec/document.ts';
import type { Annotations, ContainerConfig, History, Image, ImageConfig, Manifest } from '../spec/objects.ts';

/** What is said of an image that is changed, whatever it is that changes it. */
export interface ImageEdit {
  /** RFC 3339: when the image was made, and its new line of history. */
  readonly created?: string;
  /** The same where `created` is absent, but only where something else changes. */
  readonly now?: string;
  readonly author?: string;
  readonly message?: string;
  readonly createdBy?: string;
  /** Replaces the image's execution parameters. */
  readonly config?: ContainerConfig;
  /** Added to the manifest's. */
  readonly annotations?: Annotations;
}

/** A new line of history of an edit; `createdBy` is what it says where the edit does not. */
export function historyLine(
  edit: ImageEdit,
  line: { readonly author?: string | undefined; readonly createdBy: string; readonly isEmpty: boolean },
): History {
  const created = edit.created ?? edit.now;
  const author = edit.author ?? line.author;
  const createdBy = edit.createdBy ?? line.createdBy;
  return {
    ...(created === undefined ? {} : { created }),
    ...(createdBy === '' ? {} : { created_by: createdBy }),
    ...(author ? { author } : {}),
    ...(edit.message ? { comment: edit.message } : {}),
    ...(line.isEmpty ? { empty_layer: true } : {}),
  };
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || value === false || (typeof value === 'object' && Object.keys(value).length === 0);

/** What was there and empty (`null`, `[]`) stays as it was written where an edit has left it empty; what was not there and is empty now stays away. */
export function keptEmpty<T extends object>(before: T | null | undefined, after: T): T | null | undefined {
  const fields = { ...after } as Record<string, unknown>;
  for (const [name, value] of Object.entries(before ?? {}))
    if (isEmpty(value) && (!Object.hasOwn(after, name) || isEmpty(fields[name]))) fields[name] = value;
  return !before && Object.keys(fields).length === 0 ? before : (fields as T);
}

/** An image's config with other execution parameters, whatever is empty in both spelled as it was. */
export function withContainerConfig(value: ImageConfig, config: ContainerConfig): ImageConfig {
  const kept = keptEmpty(value.config, config);
  return kept === undefined ? value : { ...value, config: kept };
}

/** The same image with other values of its documents: what says the same keeps its bytes. */
export function withDocuments(image: Image, config: ImageConfig, manifest: Manifest): Image {
  const made = editedDocument(image.config, config);
  const isSame = made === image.config;
  const { data: _data, ...listed } = manifest.config;
  const { digest, size } = made.descriptor;
  const value = isSame ? manifest : { ...manifest, config: { ...listed, digest, size } };
  return { config: made, manifest: editedDocument(image.manifest, value) };
}

/** The same with who made it. An empty name is nobody's: what says none stays as it is spelled. */
function withAuthor(value: ImageConfig, author: string | undefined): ImageConfig {
  if (author === undefined || (author === '' && !value.author)) return value;
  const { author: _before, ...others } = value;
  return author === '' ? others : { ...value, author };
}

/** A line of history that is to be written: what it says where the edit does not, and whose and of when it is where not the image's. */
export interface Line {
  readonly line: string;
  readonly author?: string | undefined;
  readonly created?: string | undefined;
}

interface Writing {
  /** No line is written where it is absent. */
  readonly line?: Line | undefined;
  /** The image whose config has to differ for a line to be written. */
  readonly since: Image;
}

/**
 * A changed image with what an edit says of it. Where it has another config than before, that has the edit's time, and a line
 * of history more where one is wanted. Unknown fields stay, and what does not change keeps its bytes (image-spec config.md).
 */
export function editImage(before: Image, made: Image, { line, since, ...edit }: ImageEdit & Writing): Image {
  const { value } = made.config;
  const manifest = made.manifest.value;
  const said: ImageConfig = {
    ...withAuthor(edit.config === undefined ? value : withContainerConfig(value, edit.config), edit.author),
    ...(edit.created === undefined ? {} : { created: edit.created }),
  };
  const differs = (image: Image): boolean => editedDocument(image.config, said) !== image.config;
  const created = edit.created ?? edit.now;
  const dated = created === undefined || !differs(before) ? said : { ...said, created };
  const annotations = { ...manifest.annotations, ...edit.annotations };
  return withDocuments(
    made,
    line === undefined || !differs(since) ? dated : withLine(dated, edit, line),
    edit.annotations === undefined ? manifest : { ...manifest, annotations },
  );
}

/** A config with one line of history more, about no layer. Layers that no line speaks of get one each first. */
function withLine(config: ImageConfig, edit: ImageEdit, { line, author, created }: Line): ImageConfig {
  const known = config.history ?? [];
  const silent = config.rootfs.diff_ids.length - known.filter(row => row.empty_layer !== true).length;
  const said = { ...edit, ...(author === undefined ? {} : { author }), ...(created === undefined ? {} : { created }) };
  const row = historyLine(said, { author: config.author, createdBy: line, isEmpty: true });
  return { ...config, history: [...known, ...Array.from({ length: Math.max(0, silent) }, () => ({})), row] };
}
