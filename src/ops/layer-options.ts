import type { ChangeOptions, CommitOptions, CompressionOptions, ImageOperand, ReadOptions } from './options.ts';

/** What `squash` takes; its new layer is gzip when `compression` is absent. */
export interface SquashOptions extends ChangeOptions, CompressionOptions {
  /** Which layers, 1 for the lowest: `2..4`, `2..` to the top, `..4` from the bottom; all when neither this nor `fromBase` is there. */
  readonly layers?: string | undefined;
  /** All layers above those of this image, which the image has to be made on. */
  readonly fromBase?: ImageOperand | undefined;
}

/** What `drop` takes: `layers` or `createdBy`. */
export interface DropOptions extends Omit<ChangeOptions, 'createdBy'> {
  /** Which layers, 1 for the lowest: `2..4`, `2..` to the top, `..4` from the bottom. */
  readonly layers?: string | undefined;
  /** The layers whose `created_by` matches this: `*` stands for anything, `?` for one character. */
  readonly createdBy?: string | undefined;
  /** Upper layers take over what they need of the dropped ones: files that they link to, attributes of directories. False when absent: links are a `conflict`. */
  readonly materialize?: boolean | undefined;
}

/** What `strip` takes; rewritten layers are compressed as they were when `compression` is absent. */
export interface StripOptions extends ChangeOptions, CompressionOptions {
  /** Other names of the removed files stay, and so their bytes. False when absent. */
  readonly keepLinks?: boolean | undefined;
  /** Texts that become `***` wherever a line of history says them; none when absent. */
  readonly redact?: readonly string[] | undefined;
}

/** What `fix` takes: all images of a multi-platform one are mended. */
export type FixOptions = Omit<ChangeOptions, 'allPlatforms' | 'platform'>;

/** What `rebase` takes. */
export interface RebaseOptions extends ChangeOptions {
  /** What the image is made on; when absent what its annotation `org.opencontainers.image.base.digest`, or its index's, names in the same place, else the layers that a label of buildpacks says are the base's. */
  readonly oldBase?: ImageOperand | undefined;
  /** What it is to be made on: has to be there. */
  readonly newBase?: ImageOperand | undefined;
  /** An image is rebased although labels of buildpacks speak against it: `io.buildpacks.rebasable` is false, or the new base is of another distribution. False when absent. */
  readonly force?: boolean | undefined;
  /** What upper layers do not find as it was in the new base is an `unsupported` error and not a warning. False when absent. */
  readonly strict?: boolean | undefined;
}

/** What `checkBase` takes; every platform is looked at when none is named. */
export type CheckBaseOptions = ReadOptions;

/** What `commitLayer` takes, and what of `commit` says which layer it is. */
export type CommitLayerOptions = Pick<
  CommitOptions,
  | 'base'
  | 'baseDir'
  | 'clampMtime'
  | 'compression'
  | 'compressor'
  | 'crossMounts'
  | 'dryRun'
  | 'exclude'
  | 'hostPlatform'
  | 'ignoreFile'
  | 'level'
  | 'owner'
  | 'platform'
  | 'progress'
  | 'signal'
  | 'strict'
  | 'trustMtime'
>;
