import type { Mended } from '../image/mend-image.ts';
import type { MergeConflict } from '../image/merge.ts';
import type { DiffID, Digest } from '../spec/digest.ts';
import type { Descriptor } from '../spec/objects.ts';
import type { ChangeResult, DiffRow } from './results.ts';

/** What `squash` made of one image: one layer of those from number `from` to number `to`, 1 for the lowest; of none where `to` is less. */
export interface SquashedLayers {
  readonly from: number;
  readonly to: number;
  /** Null where they come to nothing. */
  readonly layer: Descriptor | null;
  readonly diffID: DiffID | null;
}
export type SquashResult = ChangeResult<SquashedLayers>;

/** What `drop` made of one image. */
export interface DroppedLayers {
  /** Numbers of the layers, 1 for the lowest. */
  readonly dropped: readonly number[];
  /** Layers that were written anew, as they took something over. */
  readonly rewritten: readonly number[];
  /** How the merged root filesystem differs: `D` is gone, `A` is back, `C` is otherwise. */
  readonly changes: readonly DiffRow[];
}
export type DropResult = ChangeResult<DroppedLayers>;

/** What `strip` made of one image. */
export interface StrippedPaths {
  /** Numbers of the layers that held something of the paths, 1 for the lowest. */
  readonly layers: readonly number[];
  /** Other names of removed files, which are gone as well. */
  readonly links: readonly string[];
  /** Files that hold the same contents as a removed one, and are still there. */
  readonly copies: readonly string[];
}
export type StripResult = ChangeResult<StrippedPaths>;

/** What `fix` made of one image: the numbers of the layers that were written anew, 1 for the lowest. */
export interface FixedLayers {
  readonly rewritten: readonly number[];
}
/** What `fix` answers; where all of a place was mended, `manifest` and `name` are those of its first entry. */
export interface FixResult extends ChangeResult<FixedLayers> {
  /** What is listed now: the one image, or all that the place has. */
  readonly entries: readonly { readonly name: string | null; readonly manifest: Digest }[];
  /** What was wrong and is not any more. */
  readonly mended: readonly Mended[];
}

/** What `rebase` made of one image. */
export interface RebasedImage {
  /** How many layers of the old base went, and of the new one came. */
  readonly oldLayers: number;
  readonly newLayers: number;
  /** Fields of the config (JSON pointers) of which the image and the new base both say otherwise than the old base: the image's value stayed. */
  readonly conflicts: readonly MergeConflict[];
}
export type RebaseResult = ChangeResult<RebasedImage>;

/** Whether the image of one platform is made on a base. */
export interface BasedImage {
  readonly platform: string;
  readonly isBased: boolean;
  /** The number of the first layer that is another than the base's, or null. */
  readonly layer: number | null;
}

/** `isBased` where every image is. */
export interface CheckBaseResult {
  readonly isBased: boolean;
  readonly images: readonly BasedImage[];
}

export interface CommitLayerResult {
  /** Of the file as it is: its digest is that of the layer's blob. */
  readonly layer: Descriptor;
  readonly diffID: DiffID;
  /** How many paths the layer adds, changes or deletes. */
  readonly changes: number;
  readonly warnings: readonly string[];
}
