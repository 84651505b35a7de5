import type { DiffID, Digest } from '../spec/digest.ts';
import type { Reason } from '../tree/change.ts';
import type { StepKind } from '../tree/story.ts';
import type { NodeView } from './results.ts';

/** A layer of an image and the line of history that made it. */
export interface LayerView {
  /** Its number: 1 is the lowest. */
  readonly layer: number;
  readonly digest: Digest;
  readonly diffID: DiffID;
  /** Stored bytes. */
  readonly size: number;
  readonly created: string | null;
  readonly createdBy: string;
  readonly comment: string;
}

/** In place of a layer: what is no image has none. */
export interface NoLayer {
  readonly layer: null;
  readonly digest: null;
  readonly diffID: null;
  readonly size: null;
  readonly created: null;
  readonly createdBy: '';
  readonly comment: '';
}

export interface FileRow extends NodeView {
  /** Absolute: the very text; where it is not UTF-8 a readable form, and `pathBytes` is the path in base64. */
  readonly path: string;
  readonly pathBytes?: string;
  /** What the root filesystem's own `/etc/passwd` and `/etc/group` call the owner; null where they do not. */
  readonly user: string | null;
  readonly group: string | null;
  /** How many names the file has. */
  readonly links: number;
  /** The layer that made it what it is, from 1; null in what is no image. */
  readonly layer: number | null;
}

export interface FilesResult {
  readonly files: readonly FileRow[];
  /** An image's layers, lowest first; none of what is no image. */
  readonly layers: readonly LayerView[];
  readonly warnings: readonly string[];
}

export interface CatResult {
  /** Bytes. */
  readonly size: number;
  readonly warnings: readonly string[];
}

/** What a layer did to a path. */
interface BlamedChange {
  /**
   * `add`; `modify` (contents, a link's target, a device's numbers); `metadata` (attributes or hardlinks alone); `rewrite` (the same again,
   * in a copy); `replace` (another type); `delete` (its own whiteout); `opaque` (an opaque whiteout above it); `hide` (a directory above it went).
   */
  readonly kind: StepKind;
  /** Where it lay then: symbolic links above it may lead elsewhere in another layer. */
  readonly path: string;
  readonly pathBytes?: string;
  /** The directory above that went or was emptied. */
  readonly by?: string;
  readonly byBytes?: string;
  readonly reasons: readonly Reason[];
  readonly before: NodeView | null;
  readonly after: NodeView | null;
}

/** What a layer did to a path, with the layer and its line of history. */
export type BlameStep = (LayerView | NoLayer) & BlamedChange;

export interface BlameResult {
  readonly path: string;
  readonly pathBytes?: string;
  /** Lowest layer first; the last one is what the image has. */
  readonly steps: readonly BlameStep[];
  readonly warnings: readonly string[];
}

export interface CpResult {
  /** What was copied, symbolic links followed. */
  readonly path: string;
  readonly pathBytes?: string;
  /** Where it is now; null where it went into a stream. */
  readonly target: string | null;
  readonly warnings: readonly string[];
}

/** What a page is about. `digest` is that of an image's manifest. */
export interface ReportedImage {
  readonly name: string;
  readonly digest: Digest | null;
}

export interface ReportResult {
  /** The image or root filesystem, or the older one and the newer. */
  readonly images: readonly ReportedImage[];
  /** The page's own. */
  readonly digest: Digest;
  /** Bytes of the page. */
  readonly size: number;
  readonly warnings: readonly string[];
}
