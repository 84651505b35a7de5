import type { Bytes } from '../engine/engine.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import type { CompressionOptions, ReadOptions, WriteOptions } from './options.ts';

/** What every verb takes that makes an image of an image: where the result goes, and what is said of it. */
export interface ChangeOptions extends ReadOptions {
  /** The result's name in the source's own layout; with neither this nor `output` the source's own name moves. */
  readonly tag?: string | undefined;
  /** Another layout or archive (`PLACE[:NAME]`, `app.tar`) that the result goes to; the source stays as it is. */
  readonly output?: ImageOperand | undefined;
  /** Every image of a multi-platform image is changed; when absent one is, the others stay beside it unless the result goes elsewhere. */
  readonly allPlatforms?: boolean | undefined;
  /** When the image was made, and its new line of history: RFC 3339, or a Date. As `now` says when absent. */
  readonly created?: string | Date | undefined;
  /** The same, but only where something else changes; the image's time stays and a new line has none when absent. */
  readonly now?: string | Date | undefined;
  /** Who made the image; as it is when absent. */
  readonly author?: string | undefined;
  /** The comment of the new line of history; none when absent. */
  readonly message?: string | undefined;
  /** What the new line of history says; what was changed when absent. */
  readonly createdBy?: string | undefined;
  /** Dockerfile instructions (`CMD ["sh"]`), by docker's rules for `--change`, over the image's config. None when absent. */
  readonly instructions?: readonly string[] | undefined;
  /** `key=value`, each on the manifest of each changed image; none when absent. */
  readonly annotations?: readonly string[] | undefined;
  /** Does everything but write: the result says what would be made. False when absent. */
  readonly dryRun?: boolean | undefined;
}

/** One step of `append`: a tar (a path, or its bytes) that is a layer as it is, something of the disk at a path of the image, or a path that goes. */
export type AppendStep =
  | { readonly tar: string | Bytes }
  | {
      /** A file or a directory; `DIR/.` is what is in it. */
      readonly add: string;
      /** By the rules of cp: a directory that is there, or ends in `/`, takes it in. */
      readonly to: string;
    }
  | { readonly delete: string };

/** What `append` takes; new layers are gzip when `compression` is absent, tars as they are. */
export interface AppendOptions extends ChangeOptions, CompressionOptions {
  /** A tar is no layer as it is but written anew as what it says over the image, in a form that every engine takes. False when absent. */
  readonly normalize?: boolean | undefined;
  /** `USER[:GROUP]` of everything that is added, names by the image's passwd and group; 0:0 when absent. */
  readonly owner?: string | undefined;
  /** The mode of everything that is added, as chmod has it: `0755` or `u=rwX,go=rX`; what each has when absent. */
  readonly mode?: string | undefined;
  /** Globs of paths below an added directory that are left out; none when absent. */
  readonly exclude?: readonly string[] | undefined;
  /** A file of .dockerignore patterns of paths below an added directory that are left out; `not-found` where it is not there. */
  readonly ignoreFile?: string | undefined;
}

/** What `config` takes. */
export interface ConfigOptions extends ChangeOptions {
  /** What goes: `FIELD` or one of its members, `FIELD:NAME` (`env:PATH`, `port:80/tcp`, `cmd`, `annotation:KEY`, `layer-annotation:N:KEY`, `index-annotation:KEY`). What is not there need not go. None when absent. */
  readonly unset?: readonly string[] | undefined;
  /** What is stored as it is written, after that: `FIELD=VALUE`, `env:NAME=VALUE`, `label:KEY=VALUE`, `port:80/tcp`, `volume:/data`; lists as JSON arrays. None when absent. */
  readonly set?: readonly string[] | undefined;
  /** `N:KEY=VALUE` on the descriptor of layer N, 1 the lowest; none when absent. */
  readonly layerAnnotations?: readonly string[] | undefined;
  /** `KEY=VALUE` on the index of a multi-platform image; none when absent. */
  readonly indexAnnotations?: readonly string[] | undefined;
  /** Texts that become `***` wherever a line of history says them; none when absent. */
  readonly redact?: readonly string[] | undefined;
  /** No line of history is written. False when absent. */
  readonly noHistory?: boolean | undefined;
  /** Who the line of history says that it was, where that is not the image's author. */
  readonly historyAuthor?: string | undefined;
  /** When the line of history says that it was, where that is not the image's time: RFC 3339, or a Date. */
  readonly historyCreated?: string | Date | undefined;
}

/** What `index` takes. */
export interface IndexOptions extends WriteOptions {
  /** Which images of multi-platform operands are taken, with the attestations about them, or which entries `remove` takes away: `os/arch[/variant]`. All when absent. */
  readonly platforms?: readonly string[] | undefined;
  /** `key=value`, each on the index itself; none when absent. */
  readonly annotations?: readonly string[] | undefined;
  /** `key=value`, each on every entry that the images bring; none when absent. */
  readonly entryAnnotations?: readonly string[] | undefined;
  /** What the index is, where it is no image; none when absent. */
  readonly artifactType?: string | undefined;
  /** What the index is about: an image whose descriptor becomes its `subject`; nothing when absent. */
  readonly subject?: ImageOperand | undefined;
  /** A multi-platform operand is one entry of the new index; its entries are taken when false or absent. */
  readonly nest?: boolean | undefined;
}

/** What `convert` takes: a `compression`, a `format`, or both. */
export interface ConvertOptions extends ChangeOptions, Omit<CompressionOptions, 'compression'> {
  /** How layers are to be stored; as they are when absent. `estargz` and `zstd:chunked` have a table of contents, of which engines fetch single files. */
  readonly compression?: 'gzip' | 'zstd' | 'none' | 'estargz' | 'zstd:chunked' | undefined;
  /** Whose media types the documents are to have; their own when absent. */
  readonly format?: 'oci' | 'docker' | undefined;
}
