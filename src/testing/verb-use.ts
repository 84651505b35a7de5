import type * as library from '../index.ts';
import type { Platform } from '../spec/objects.ts';
import type { OperandKind, Operands } from './prepared-place.ts';

/** What a verb is given beside its operands; a row passes it on as it is. */
interface VerbOptions {
  readonly signal?: AbortSignal;
  readonly progress?: { bytes: number };
  readonly dryRun?: boolean;
}

/**
 * One way to use a verb. Laws go over all of them; a new verb is a new row, and a test holds that none is forgotten. A verb has
 * several rows where it goes several ways.
 */
export interface VerbUse {
  /** The library's function. */
  readonly verb: keyof typeof library;
  readonly command: string;
  /** How a test is called that uses it so. */
  readonly use: string;
  /** What its source may be. */
  readonly takes: readonly OperandKind[];
  /** Whether it reads the bytes of layers (or of a root filesystem), and so finds them damaged; `passes` hands a layer's blob on as it is. */
  readonly layers: 'reads' | 'passes' | 'none';
  /** Where its result goes: a layout `out`, a new directory or file `out`, a stream, the source's own layout, or nowhere. */
  readonly writes: 'layout' | 'directory' | 'file' | 'stream' | 'source' | 'nothing';
  /** Whether it makes new blobs in its source's own layout. */
  readonly makesBlobs?: boolean;
  /** Whether its time grows with the bytes of layers or files, so that it has to hear a signal. */
  readonly isLong: boolean;
  readonly hasDryRun: boolean;
  /** Calls the library. A stream is read to its end. */
  readonly call: (operands: Operands, options?: VerbOptions) => Promise<unknown>;
  /** The same as words of the command line. */
  readonly words: (operands: Operands) => readonly string[];
}

export const hostPlatform: Platform = { os: 'linux', architecture: 'amd64' };
export const platform = 'linux/amd64';

export const archives: readonly OperandKind[] = ['oci-archive', 'docker-archive'];
export const images: readonly OperandKind[] = ['image', 'multi', ...archives];
export const everything: readonly OperandKind[] = [...images, 'rootfs', 'tar', 'bundle'];

/** What rows of one sort have in common. */
type Sort = Pick<VerbUse, 'layers' | 'writes' | 'isLong' | 'hasDryRun'>;

export const reading: Sort = { layers: 'reads', writes: 'nothing', isLong: true, hasDryRun: false };
export const looking: Sort = { layers: 'none', writes: 'nothing', isLong: false, hasDryRun: false };
export const making: Sort = { layers: 'reads', writes: 'layout', isLong: true, hasDryRun: true };
export const copying: Sort = { ...making, layers: 'passes' };
export const renaming: Sort = { layers: 'none', writes: 'source', isLong: false, hasDryRun: true };
