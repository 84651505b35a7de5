import type { EngineVerdict } from '../image/engines/engine-verdicts.ts';
import type { Finding } from '../image/finding.ts';
import type { DiffID, Digest } from '../spec/digest.ts';
import type { Descriptor } from '../spec/objects.ts';
import type { Reason } from '../tree/change.ts';
import type { TextView } from './diff-results.ts';

export type { AttachResult, ReferrerRow, ReferrersResult } from './attach-results.ts';
export type {
  AppendedLayers,
  AppendResult,
  ChangedImage,
  ChangeResult,
  ConvertedLayers,
  ConvertResult,
  IndexEntry,
  IndexResult,
} from './change-results.ts';

export interface InitResult {
  readonly layout: string;
}

export interface CommitResult {
  readonly manifest: Digest;
  /** The config's digest. */
  readonly imageID: Digest;
  /** Null where nothing changed. */
  readonly layer: Descriptor | null;
  readonly diffID: DiffID | null;
  /** Null where the image has no name. */
  readonly name: string | null;
  /** How many paths the new layer adds, changes or deletes. */
  readonly changes: number;
  readonly warnings: readonly string[];
}

export interface ImportResult {
  readonly manifest: Digest;
  /** The config's digest. */
  readonly imageID: Digest;
  readonly layer: Descriptor;
  readonly diffID: DiffID;
  readonly name: string | null;
  readonly warnings: readonly string[];
}

/** A node as plain data; mode in octal, mtime in RFC 3339. */
export interface NodeView {
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: string;
  readonly size?: number;
  /** A symbolic link's target as text; where it is not UTF-8 a readable form, and `targetBytes` is the target in base64. */
  readonly target?: string;
  readonly targetBytes?: string;
  readonly device?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
}

export interface DiffRow {
  /** `R` with `renames` alone: a file that was at `from` before. */
  readonly kind: 'A' | 'C' | 'D' | 'R';
  /** Absolute: the very text; where it is not UTF-8 a readable form, and `pathBytes` is the path in base64. */
  readonly path: string;
  readonly pathBytes?: string;
  readonly type: string;
  readonly reasons: readonly Reason[];
  readonly before: NodeView | null;
  readonly after: NodeView | null;
  /** Of a file that was renamed, where it was, and how much of it is the same, in percent. */
  readonly from?: string;
  readonly fromBytes?: string;
  readonly similarity?: number;
  /** How contents differ, of paths that `text` asks for. */
  readonly text?: TextView;
  /**
   * With `stat` alone: of the files that there were and are, each at the first of its names, and at none of them where one is as it was; of
   * a directory that is gone those of all that was in it. A renamed file's are 0 before where its directory's have them. Over all rows, what is after less what was before
   * is by how much the root filesystem's files grew.
   */
  readonly bytes?: { readonly before: number; readonly after: number };
}

/** One field of the image config or the manifest that differs: a JSON pointer and both values (absent: undefined). */
export interface ConfigRow {
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface DiffResult {
  readonly changes: readonly DiffRow[];
  readonly config: readonly ConfigRow[];
  /** Fields of the manifests that differ, where `manifest` asks for them: else none. */
  readonly manifest: readonly ConfigRow[];
  readonly warnings: readonly string[];
}

export interface TagResult {
  readonly digest: Digest;
  readonly names: readonly string[];
}

export interface UntagResult {
  readonly removed: readonly { readonly name: string; readonly digest: Digest }[];
}

export interface ImageRow {
  /** The place it was listed from. */
  readonly place: string;
  /** Familiar repository name (`figlet`), or null. A bare ref.name counts as tag with no repository. */
  readonly repository: string | null;
  readonly tag: string | null;
  /** Digest of the manifest or index that the layout's index names. */
  readonly digest: Digest;
  /** The config's digest (image-spec: ImageID); of the digest above for an artifact or index without a picked image. */
  readonly id: Digest;
  readonly created: string | null;
  /** Stored bytes of the layers. */
  readonly size: number;
  readonly platform: string | null;
}

export interface HistoryRow {
  /** The image ID in the first row, else `<missing>`. */
  readonly id: string;
  readonly created: string | null;
  readonly createdBy: string;
  /** Stored bytes of the layer; 0 where the line made none. */
  readonly size: number;
  readonly comment: string;
  readonly emptyLayer: boolean;
}

export interface UnpackResult {
  readonly directory: string;
  readonly manifest: Digest;
  /** The file beside the root filesystem that says what it cannot show; null where it shows everything. */
  readonly sidecar: string | null;
  readonly warnings: readonly string[];
}

export interface ValidateResult {
  /** Errors and warnings. */
  readonly findings: readonly Finding[];
  /** Facts that are no fault, and that somebody may want to know. */
  readonly notes: readonly Finding[];
  /** How many findings and notes there are beyond the first 1,000 of one code in one blob, which are not listed. */
  readonly unlisted: number;
  /** What each engine that was asked for makes of it. */
  readonly engines?: readonly EngineVerdict[];
  /** How many blobs were checked, and their bytes. */
  readonly blobs: number;
  readonly bytes: number;
}

/** An image of an archive: its name, or null, and the digest of its manifest or index. */
export interface NamedDigest {
  readonly name: string | null;
  readonly digest: Digest;
}

export interface SaveResult {
  readonly images: readonly NamedDigest[];
  readonly warnings: readonly string[];
}

export interface LoadedImage extends NamedDigest {
  /** The config's digest; the index's for a multi-platform image. */
  readonly id: Digest;
}

export interface LoadResult {
  readonly images: readonly LoadedImage[];
  readonly warnings: readonly string[];
}

export interface CopyResult {
  /** Digest of the manifest or index that the destination's name stands for. */
  readonly manifest: Digest;
  /** Null where an archive holds it without one. */
  readonly name: string | null;
  /** How many manifests that refer to the image came along. */
  readonly referrers: number;
  readonly warnings: readonly string[];
}

export interface ExportResult {
  /** Of the image that was exported. */
  readonly manifest: Digest;
  readonly warnings: readonly string[];
}

export interface GcResult {
  /** Blobs that went, sorted by digest. `diskSize` is what that gave back (bytes); `mediaType` what they were once said to be, where something still says. */
  readonly removed: readonly {
    readonly digest: Digest;
    readonly size: number;
    readonly diskSize: number;
    readonly mediaType: string | null;
  }[];
  /** What dead writers had left, by its path in the layout. */
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** Entries that went from the index. */
  readonly entries: readonly NamedDigest[];
  /** Of all that went, as it is read, and as it took room on the disk: a file of several names takes none. */
  readonly bytes: number;
  readonly diskBytes: number;
  /** What could have gone: blobs that are too young, or named by one that is; entries without a name; entries about what is not there. */
  readonly kept: {
    readonly young: number;
    readonly untagged: readonly NamedDigest[];
    readonly dangling: readonly NamedDigest[];
  };
  readonly warnings: readonly string[];
}
