import type { Bytes } from '../engine/engine.ts';
import type { Platform } from '../spec/objects.ts';
import type { ImagePlace } from '../store/image-place.ts';
import type { ImageOperand, Operand, RootfsPlace } from '../store/parse-operand.ts';
import type { Progress, Work } from '../stream/pace.ts';

export type { Bytes, ImageOperand, ImagePlace, Operand, Progress, RootfsPlace, Work };

/** How layers are stored. */
export interface CompressionOptions {
  /** As it is, or gzip where it is new, when absent. */
  readonly compression?: 'gzip' | 'zstd' | 'none';
  readonly level?: number;
  readonly compressor?: 'zlib' | 'portable';
}

/** What `commit` and `import` say of the image that they make. */
export interface ImageOptions extends CompressionOptions, Work {
  /** The comment in the history; `import` writes docker's `Imported from -` when absent. */
  readonly message?: string;
  /** Dockerfile instructions (`CMD ["sh"]`), by docker's rules for `--change`: over the base's config, or an empty one. */
  readonly instructions?: readonly string[];
  /** RFC 3339, or a Date; no time is written when absent. */
  readonly created?: string | Date;
  /** `os/arch[/variant]`; the base's where there is one, else `hostPlatform`. */
  readonly platform?: string;
  readonly hostPlatform?: Platform;
  /** `key=value` on the manifest. */
  readonly annotations?: readonly string[];
  readonly dryRun?: boolean;
}

export interface CommitOptions extends ImageOptions {
  /** The image the new layer is a delta over; a bundle's own base when absent. */
  readonly base?: ImageOperand;
  readonly author?: string;
  /** History's `created_by`; the command line of the resulting config when absent, as docker writes it. */
  readonly createdBy?: string;
  readonly exclude?: readonly string[];
  /** A file of .dockerignore patterns. */
  readonly ignoreFile?: string;
  /** `UID:GID` for every entry of the new layer. */
  readonly owner?: string;
  /** No file time in the new layer is later than this (seconds since 1970). */
  readonly clampMtime?: number;
  /** Same size and mtime count as same content, unread. */
  readonly trustMtime?: boolean;
  /** One layer that holds the whole root filesystem, without the base's layers. */
  readonly squash?: boolean;
  /** A warning is an error. */
  readonly strict?: boolean;
}

export type ImportOptions = ImageOptions;

export interface DiffOptions extends Work {
  /** Aspects that do not count: mtime, owner, mode, xattr, … */
  readonly ignore?: readonly string[];
  /** Only what changes behaviour: no mtime; between two images the config as well, without how it was made. */
  readonly semantic?: boolean;
  /** Only paths that match one of these globs. */
  readonly paths?: readonly string[];
  /** Compare the image configs as well. */
  readonly config?: boolean;
  readonly trustMtime?: boolean;
  readonly platform?: string;
  readonly hostPlatform?: Platform;
  readonly strict?: boolean;
}

export interface ReadOptions extends Work {
  readonly platform?: string;
  readonly hostPlatform?: Platform;
}

export interface ImagesOptions extends Work {
  readonly all?: boolean;
  /** What counts as an image's size: the stored blobs of its layers, or (their layers are read) the files in them, as docker counts. */
  readonly size?: 'stored' | 'uncompressed';
  /** `key=value` as docker's --filter. */
  readonly filters?: readonly string[];
  /** Milliseconds since 1970, for `until=24h`. */
  readonly now?: number;
  /** An array of the caller's, to which a sentence is added for each entry that is damaged or missing. */
  readonly warnings?: string[];
}

export interface UnpackOptions extends ReadOptions {
  readonly bundle?: boolean;
  /** Replace what is in the way. */
  readonly force?: boolean;
  readonly strict?: boolean;
}

export interface WriteOptions extends Work {
  readonly dryRun?: boolean;
}

export interface ValidateOptions extends Work {
  /** Only documents, sizes and presence; no blob is hashed. */
  readonly fast?: boolean;
  /** Warnings count as errors. */
  readonly strict?: boolean;
}

export interface SaveOptions extends Work {
  /** `universal` (every engine takes it) unless given. */
  readonly format?: 'universal' | 'oci' | 'docker';
  /** `os/arch[/variant]`: only this image of a multi-platform image. */
  readonly platform?: string;
  /** Reads and checks everything, writes nothing. */
  readonly dryRun?: boolean;
}

export interface LoadOptions extends Work {
  readonly dryRun?: boolean;
}

export interface CopyOptions extends ReadOptions, CompressionOptions {
  /** All of a multi-platform image; otherwise the image of one platform is picked. */
  readonly all?: boolean;
  /** Several: a multi-platform image of just these. */
  readonly platforms?: readonly string[];
  /** Whose media types the copy has; the same when absent. */
  readonly format?: 'oci' | 'docker';
  /** What refers to the image (signatures, SBOMs) is copied too. */
  readonly referrers?: boolean;
  readonly dryRun?: boolean;
}

export interface ExportOptions extends ReadOptions {
  /** Reads and checks everything, writes nothing. */
  readonly dryRun?: boolean;
}
