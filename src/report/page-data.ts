/*
 * What a page is given, as its script reads it: names that people read are text with nothing in it that a terminal acts on, what there is much of is in columns.
 * Indexes into other lists are from 0, layers from 1.
 */

/** A column of numbers in runs: a value and how many rows have it, one run after the other. */
export type Runs = readonly number[];

/** Paths as columns, in the order of a walk: the root first, a directory before what is in it. */
export interface TreeColumns {
  /** The names of all but the root, joined by slashes. */
  readonly names: string;
  /** How many entries each has; 0 for what is no directory. */
  readonly children: Runs;
}

export type NodeType = 'file' | 'directory' | 'symlink' | 'char device' | 'block device' | 'fifo';

/** Type, mode, uid, gid. */
export type Attributes = readonly [type: NodeType, mode: number, uid: number, gid: number];

/** The files of an image. */
export interface FileColumns extends TreeColumns {
  /** What `attribute` is an index into. */
  readonly attributes: readonly Attributes[];
  readonly attribute: Runs;
  /** The layer that made each what it is. */
  readonly layer: Runs;
  /** The package each belongs to, from 1; 0 for none. */
  readonly package: Runs;
  /** What `time` is an index into: whole seconds since 1970. */
  readonly times: readonly number[];
  readonly time: Runs;
  /** Bytes of regular files, in order; 0 of a further name of one. */
  readonly sizes: readonly number[];
  /** Where symbolic links lead, in order. */
  readonly targets: readonly string[];
  /** Further names of files: the row, and that of the first name. */
  readonly links: readonly (readonly [row: number, first: number])[];
}

/** Bytes: stored and of tars (null of what is no image), of all files in all layers, of those that are reached, of those that are not. */
export interface Sizes {
  readonly stored: number | null;
  readonly tar: number | null;
  readonly files: number;
  readonly visible: number;
  readonly hidden: number;
}

/** A layer: how its bytes are used, and how many paths it added, changed and took away. */
export interface PageLayer {
  readonly digest: string;
  readonly diffID: string;
  readonly stored: number;
  readonly tar: number;
  readonly visible: number;
  readonly hidden: number;
  readonly added: number;
  readonly changed: number;
  readonly deleted: number;
}

/** A line of history, oldest first, with the layer that it made; null where it made none. */
export interface PageLine {
  readonly layer: number | null;
  readonly created: string | null;
  readonly createdBy: string;
  readonly comment: string;
}

export type PackageRow = readonly [
  type: string,
  name: string,
  version: string,
  licence: string,
  layer: number,
  size: number,
];

export type WasteRow = readonly [
  path: string,
  size: number,
  copies: number,
  how: 'deleted' | 'replaced',
  layers: readonly number[],
  by: readonly number[],
];

/** A field of a config, and what it says in one line or several. */
export type ConfigRow = readonly [field: string, values: readonly string[]];

/** What a page says of an image or another root filesystem wherever it stands. */
export interface ImageHead {
  readonly name: string;
  /** The manifest's; null of what is no image. */
  readonly digest: `${string}:${string}` | null;
  /** Empty of what is no image. */
  readonly platform: string;
  readonly created: string | null;
  /** What distribution it says that it is; empty where it says nothing. */
  readonly system: string;
  readonly size: Sizes;
}

/** The page of one image, or of a root filesystem that has neither layers nor a config. */
export interface ImagePage {
  readonly kind: 'image';
  readonly head: ImageHead;
  /** From 0 to 1, as dive counts. */
  readonly efficiency: number;
  readonly layers: readonly PageLayer[];
  readonly history: readonly PageLine[];
  readonly files: FileColumns;
  readonly packages: readonly PackageRow[];
  /** The largest first, and what was left out. */
  readonly waste: { readonly rows: readonly WasteRow[]; readonly more: number; readonly moreBytes: number };
  readonly config: readonly ConfigRow[];
  /** Empty of what is no image. */
  readonly dockerfile: string;
  readonly warnings: readonly string[];
}

/** `A` added, `C` changed, `D` deleted; the empty one is a directory that changes are below. */
export const letters = ['', 'A', 'C', 'D'] as const;

/** What differs between two images' files. */
export interface ChangeColumns extends TreeColumns {
  /** An index into `letters`. */
  readonly letter: Runs;
  readonly types: readonly NodeType[];
  readonly type: Runs;
  /** Bytes before and after, each file once; what a directory that went or came as something else held is its own. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** What `reason` is an index into; the first is empty. */
  readonly reasons: readonly string[];
  readonly reason: Runs;
}

export type PackageChange = readonly [
  kind: 'A' | 'D' | 'U' | 'W' | 'C',
  type: string,
  name: string,
  before: string | null,
  after: string | null,
  bytes: number,
];

/** A layer of the one, the other or both: `=` the same contents, `~` the same line of history and others. */
export interface LayerChange {
  readonly kind: '=' | '~' | '+' | '-';
  readonly createdBy: string;
  readonly before: { readonly layer: number; readonly diffID: string; readonly stored: number } | null;
  readonly after: { readonly layer: number; readonly diffID: string; readonly stored: number } | null;
}

export type FieldChange = readonly [field: string, before: string | null, after: string | null];

/** A text file that differs: its row in the changes, and a unified diff of it. */
export type TextChange = readonly [row: number, diff: string, added: number, deleted: number];

/** The page of two images or root filesystems: layers and configs are compared where both have them. */
export interface PairPage {
  readonly kind: 'pair';
  readonly before: ImageHead;
  readonly after: ImageHead;
  readonly layers: readonly LayerChange[];
  readonly changes: ChangeColumns;
  readonly packages: readonly PackageChange[];
  readonly config: readonly FieldChange[];
  readonly texts: readonly TextChange[];
  /** Text files whose differences would have made the page too large. */
  readonly textsLeft: number;
  readonly warnings: readonly string[];
}

export type PageData = ImagePage | PairPage;
