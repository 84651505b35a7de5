import type { Bytes } from '../engine/engine.ts';
import { unsupported } from '../errors.ts';
import { Pace } from '../stream/pace.ts';
import { TarCutter, type TarPiece } from './tar-cutter.ts';
import { paddingOf } from './tar-header.ts';

export const tocName = 'stargz.index.json';
/** What tells a snapshotter that no file is to be fetched before the others. */
export const landmarkName = '.no.prefetch.landmark';
const names: ReadonlySet<string> = new Set([tocName, landmarkName, '.prefetch.landmark']);

/** Bytes before a member that are its headers at most: those of its extensions (`limits.ts`) and some. */
const headersLimit = 80 << 20;

/** Whether a path in a layer is one of the files that eStargz adds at the root. */
export const isAdded = (path: string): boolean => names.has(path.replace(/^(\.?\/)+/, ''));

/** What is behind the last entry of a tar, its end, is a piece of its own. */
type OwnPiece = TarPiece | { readonly kind: 'tail'; readonly bytes: Uint8Array };

/** The same tar in pieces, told where an entry begins: its headers are held back until its member comes. */
class Entries {
  readonly #subject: string;
  readonly #held: Uint8Array[] = [];
  #size = 0;
  #padding = 0;
  #isDropped = false;

  constructor(subject: string) {
    this.#subject = subject;
  }

  /** What of a piece stays. */
  *kept(piece: TarPiece): Generator<TarPiece> {
    if (piece.kind === 'raw') yield* this.#raw(piece.bytes);
    else if (piece.kind === 'member') {
      this.#isDropped = isAdded(piece.member.path);
      const headers = this.rest();
      if (this.#isDropped) return;
      for (const bytes of headers) yield { kind: 'raw', bytes };
      yield piece;
    } else {
      if (piece.kind === 'end') this.#padding = piece.member.type === 'file' ? paddingOf(piece.member.size) : 0;
      if (!this.#isDropped) yield piece;
    }
  }

  /** The headers, or the end of the tar, that have been held back. */
  rest(): readonly Uint8Array[] {
    this.#size = 0;
    return this.#held.splice(0);
  }

  *#raw(bytes: Uint8Array): Generator<TarPiece> {
    const padding = bytes.subarray(0, this.#padding);
    this.#padding -= padding.length;
    if (padding.length > 0 && !this.#isDropped) yield { kind: 'raw', bytes: padding };
    const held = Buffer.from(bytes.subarray(padding.length));
    this.#size += held.length;
    this.#held.push(held);
    if (this.#size > headersLimit)
      throw unsupported(this.#subject, `at most ${headersLimit} bytes before an entry or behind the last`, 'more');
  }
}

/** The pieces of a tar without the files that eStargz adds; each time the same, however the tar is chunked, but for where bytes are cut. */
export async function* ownPieces(tar: Bytes, subject: string): AsyncGenerator<OwnPiece> {
  const cutter = new TarCutter(subject);
  const entries = new Entries(subject);
  for await (const chunk of tar) for (const piece of cutter.cut(chunk)) yield* entries.kept(piece);
  cutter.finish();
  for (const bytes of entries.rest()) yield { kind: 'tail', bytes };
}

/** The tar of an eStargz layer as it was before: without the files that eStargz adds. */
export async function* withoutAdded(
  tar: Bytes,
  { subject, signal }: { readonly subject: string; readonly signal?: AbortSignal | undefined },
): Bytes {
  const pace = new Pace(signal);
  for await (const piece of ownPieces(tar, subject)) {
    if (!('bytes' in piece)) continue;
    const turn = pace.spend(piece.bytes.length);
    if (turn !== undefined) await turn;
    yield piece.bytes;
  }
}
