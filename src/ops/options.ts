import type { Bytes } from '../engine/engine.ts';
import type { Platform } from '../spec/objects.ts';
import type { ImagePlace } from '../store/image-place.ts';
import type { InnerPath } from '../store/inner-path.ts';
import type { ImageOperand, Operand, RootfsPlace } from '../store/parse-operand.ts';
import type { Progress, Reading, Work } from '../stream/pace.ts';
import type { Reporting } from './several.ts';

export type { AttachedFile, AttachOptions, ReferrersOptions } from './attach-options.ts';
export type {
  AppendOptions,
  AppendStep,
  ChangeOptions,
  ConfigOptions,
  ConvertOptions,
  IndexOptions,
} from './change-options.ts';
export type { GcOptions } from './gc-options.ts';
export type { Bytes, ImageOperand, ImagePlace, InnerPath, Operand, Progress, Reading, RootfsPlace, Work };

/**
 * How layers are stored. In all options: what is absent or undefined has its default, a value that is none of those said
 * is a `usage` error, and no option is read from the environment.
 */
export interface CompressionOptions {
  /** As it is, or gzip where it is new, when absent. */
  readonly compression?: 'gzip' | 'zstd' | 'none' | undefined;
  /** How hard to compress: gzip 0 (stored) to 9, 4 when absent (6 for the portable compressor); zstd 1 to 19, 3 when absent. */
  readonly level?: number | undefined;
  /** Who makes gzip: the runtime's zlib when absent, or pure JavaScript, slower, whose bytes are the same on every runtime. */
  readonly compressor?: 'zlib' | 'portable' | undefined;
}

/** What `commit` and `import` say of the image that they make. */
export interface ImageOptions extends CompressionOptions, Work {
  /** The comment in the history; `import` writes docker's `Imported from -` when absent. */
  readonly message?: string | undefined;
  /** Who made the image, in its config and history; the base's when absent. */
  readonly author?: string | undefined;
  /** Dockerfile instructions (`CMD ["sh"]`), by docker's rules for `--change`: over the base's config, or an empty one. None when absent; one that docker refuses is a `usage` error. */
  readonly instructions?: readonly string[] | undefined;
  /** When the image was made: RFC 3339, or a Date; no time is written when absent. */
  readonly created?: string | Date | undefined;
  /** `os/arch[/variant]`; the base's where there is one, else `hostPlatform`. */
  readonly platform?: string | undefined;
  /** What the image is for where nothing else says; linux on this machine's architecture when absent. */
  readonly hostPlatform?: Platform | undefined;
  /** `key=value`, each on the manifest; none when absent. */
  readonly annotations?: readonly string[] | undefined;
  /** Does everything but write: the result says what would be made. False when absent. */
  readonly dryRun?: boolean | undefined;
}

/** What `commit` takes. */
export interface CommitOptions extends ImageOptions {
  /** The image the new layer is a delta over; a bundle's own base when absent. */
  readonly base?: ImageOperand | undefined;
  /** Another root filesystem (a directory, a tar) that the new layer is a delta over: no image is its base then. */
  readonly baseDir?: Operand | undefined;
  /** History's `created_by`; the command line of the resulting config when absent, as docker writes it. */
  readonly createdBy?: string | undefined;
  /** Globs of paths (`var/cache/**`) that stay as they are in the base; none when absent. */
  readonly exclude?: readonly string[] | undefined;
  /** A file of .dockerignore patterns of paths that stay as they are in the base; `not-found` where it is not there. */
  readonly ignoreFile?: string | undefined;
  /** What is mounted in the directory is walked as well; a mount stays as it is in the base when absent. */
  readonly crossMounts?: boolean | undefined;
  /** `UID:GID` for every entry of the new layer, in numbers; what each file has when absent. */
  readonly owner?: string | undefined;
  /** No file time in the new layer is later than this: whole seconds since 1970. Times are kept when absent. */
  readonly clampMtime?: number | undefined;
  /** Same size and mtime count as same content, unread. False when absent: contents decide. */
  readonly trustMtime?: boolean | undefined;
  /** One layer that holds the whole root filesystem, without the base's layers. False when absent. */
  readonly squash?: boolean | undefined;
  /** A bundle stays on the image that it was unpacked from; else its next difference is from the image that is made. False when absent; a `usage` error for what is no bundle. */
  readonly keepBase?: boolean | undefined;
  /** What cannot be carried is an `unsupported` error and not a warning. False when absent. */
  readonly strict?: boolean | undefined;
}

/** What `importRootfs` takes. */
export type ImportOptions = ImageOptions;

/** What `diff` takes. */
export interface DiffOptions extends Reading {
  /** Aspects that do not count (`mtime`, `owner`, `mode`, `xattr`, …), or several in one text with commas; all count when absent. */
  readonly ignore?: readonly string[] | undefined;
  /** Only what changes behaviour: no mtime; between two images the config as well, without how it was made. False when absent. */
  readonly semantic?: boolean | undefined;
  /** Only paths that match one of these globs; all when absent or empty. */
  readonly paths?: readonly string[] | undefined;
  /** What is mounted in a directory is walked as well; a mount counts as what the other side has there when absent. */
  readonly crossMounts?: boolean | undefined;
  /** Compare the image configs as well: a `usage` error where a side is no image. False when absent. */
  readonly config?: boolean | undefined;
  /** Compare the image manifests as well, field by field: a `usage` error where a side is no image. False when absent. */
  readonly manifest?: boolean | undefined;
  /** Of files (and links) that match one of these globs, how their contents differ line by line as well; of none when absent or empty. */
  readonly text?: readonly string[] | undefined;
  /** A file that is gone and one that has come are one that was renamed, where their contents are the same or similar. False when absent. */
  readonly renames?: boolean | undefined;
  /** How much of a renamed file is the same at least, in percent of the larger: 1 to 100, which is all; 50 when absent. */
  readonly similarity?: number | undefined;
  /** Of each path how many bytes of files there were and are. False when absent. */
  readonly stat?: boolean | undefined;
  /** Same size and mtime count as same content, unread. False when absent. */
  readonly trustMtime?: boolean | undefined;
  /** `os/arch[/variant]`: which image of a multi-platform one; that for `hostPlatform` when absent. */
  readonly platform?: string | undefined;
  /** Linux on this machine's architecture when absent. */
  readonly hostPlatform?: Platform | undefined;
  /** What cannot be compared is an `unsupported` error and not a warning. False when absent. */
  readonly strict?: boolean | undefined;
}

/** What all that read an image take. */
export interface ReadOptions extends Reading {
  /** `os/arch[/variant]`: which image of a multi-platform one; that for `hostPlatform` when absent. `not-found` where there is none. */
  readonly platform?: string | undefined;
  /** Linux on this machine's architecture when absent. */
  readonly hostPlatform?: Platform | undefined;
}

/** What `images` takes. */
export interface ImagesOptions extends Reading, Reporting {
  /** Entries without a name, and what a multi-platform image is made of, as well. False when absent. */
  readonly all?: boolean | undefined;
  /** What counts as an image's size: the stored blobs of its layers, or (their layers are read) the files in them, as docker counts. */
  readonly size?: 'stored' | 'uncompressed' | undefined;
  /** `key=value` as docker's filters; all must hold. None when absent. */
  readonly filters?: readonly string[] | undefined;
  /** Milliseconds since 1970: what `until=24h` counts from, as nothing here reads a clock. */
  readonly now?: number | undefined;
  /** An array of the caller's, to which a sentence is added for each entry that is damaged or missing. */
  readonly warnings?: string[] | undefined;
}

/** What `inspect` takes. */
export interface InspectOptions extends ReadOptions, Reporting {}

/** What `unpack` takes. */
export interface UnpackOptions extends ReadOptions {
  /** A runtime bundle: `config.json` and `rootfs/`. False when absent. */
  readonly bundle?: boolean | undefined;
  /** As a user who is not root, be it root who asks: what cannot be made stands in the sidecar and is no warning, devices are empty files, and a bundle's `config.json` has a user namespace. False when absent. */
  readonly rootless?: boolean | undefined;
  /** Which user IDs on disk the image's are: `CONTAINER:HOST[:SIZE]`, the first that holds one counts; each is itself when absent or empty, and without root the image's root is this user. */
  readonly uidMap?: readonly string[] | undefined;
  /** The same for group IDs. */
  readonly gidMap?: readonly string[] | undefined;
  /** Replace what is in the way; a `conflict` where something is when false or absent. */
  readonly force?: boolean | undefined;
  /** What cannot be carried is an `unsupported` error and not a warning. False when absent. */
  readonly strict?: boolean | undefined;
}

/** What `init`, `tag` and `untag` take. */
export interface WriteOptions extends Work {
  /** Checks everything, writes nothing. False when absent. */
  readonly dryRun?: boolean | undefined;
}

/** What `validate` takes. */
export interface ValidateOptions extends Work {
  /** Only documents, sizes and presence; no blob is hashed. False when absent. */
  readonly fast?: boolean | undefined;
  /** Warnings count as errors. False when absent. */
  readonly strict?: boolean | undefined;
  /** Engines whose verdicts are predicted: `docker`, `podman`, `containerd`, `buildah`, `umoci`, `kaniko`, `skopeo`, `crane`, each as `NAME` or `NAME@VERSION`. */
  readonly engines?: readonly string[] | undefined;
}

/** What `save` takes. */
export interface SaveOptions extends Work {
  /** `universal` (every engine takes it) unless given. */
  readonly format?: 'universal' | 'oci' | 'docker' | undefined;
  /** `os/arch[/variant]`: only this image of a multi-platform image; all of it when absent. */
  readonly platform?: string | undefined;
  /** Reads and checks everything, writes nothing. False when absent. */
  readonly dryRun?: boolean | undefined;
}

/** What `load` takes. */
export interface LoadOptions extends Work {
  /** Reads and checks everything, writes nothing. False when absent. */
  readonly dryRun?: boolean | undefined;
}

/** What `copy` takes. */
export interface CopyOptions extends Omit<ReadOptions, 'platform' | 'notices'>, CompressionOptions {
  /** All of a multi-platform image; the image of one platform is picked when false or absent. */
  readonly all?: boolean | undefined;
  /** Several `os/arch[/variant]`: a multi-platform image of just these; of one, its image alone. */
  readonly platforms?: readonly string[] | undefined;
  /** Whose media types the copy has; the same when absent. */
  readonly format?: 'oci' | 'docker' | undefined;
  /** What refers to the image (signatures, SBOMs) is copied too; a `usage` error where the copy is changed. False when absent. */
  readonly referrers?: boolean | undefined;
  /** Reads and checks everything, writes nothing. False when absent. */
  readonly dryRun?: boolean | undefined;
}

/** What `exportImage` and `exportStream` take. */
export interface ExportOptions extends ReadOptions {
  /** Reads and checks everything, writes nothing. False when absent. */
  readonly dryRun?: boolean | undefined;
}
