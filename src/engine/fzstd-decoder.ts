import { Decompress } from 'fzstd';
import type { FrameDecoder, ZstdDecoder } from './zstd-decoder.ts';
import { plainHeader } from './zstd-header.ts';

/** Bytes of content in a block at most (RFC 8878 §3.1.1.2.4). */
const maxBlock = 128 * 1024;
/** fzstd looks at nothing below 18 bytes: blocks without content make the header so long. */
const padding = new Uint8Array(12);

/** What fzstd 0.1.1 (pinned) knows of its stream: the bytes that blocks look back at, and where they end. */
interface State {
  w: Uint8Array;
  e: number;
}

/** fzstd moves its window by a block, all of it, when it has told of one: it moves this. */
const nothing = new Uint8Array(maxBlock);

/**
 * The content that later blocks may look back at, as far as a window reaches. Memory grows with the content; a byte is moved
 * about twice, where fzstd by itself moves up to 128 MiB for every block, be it of one byte.
 */
class Window {
  readonly #size: number;
  bytes: Uint8Array = new Uint8Array(0);
  end = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(piece: Uint8Array): void {
    if (this.end + piece.length > this.bytes.length) this.#makeRoom(piece.length);
    this.bytes.set(piece, this.end);
    this.end += piece.length;
  }

  #makeRoom(length: number): void {
    const kept = this.bytes.subarray(Math.max(0, this.end - this.#size), this.end);
    const most = this.#size + Math.max(this.#size >>> 1, 8 * maxBlock);
    const wanted = Math.min(most, 2 * (kept.length + length));
    const room = wanted > this.bytes.length ? new Uint8Array(wanted) : this.bytes;
    room.set(kept);
    this.end = kept.length;
    this.bytes = room;
  }
}

function open(size: number): FrameDecoder {
  const window = new Window(size);
  let pieces: Uint8Array[] = [];
  const decoder = new Decompress(piece => {
    if (piece.length === 0) return;
    pieces.push(piece);
    window.add(piece);
    state.w = nothing;
  });
  decoder.push(Buffer.concat([plainHeader(Math.min(size, maxBlock)), padding]), false);
  const state = (decoder as unknown as { readonly s: State }).s;
  return {
    decode(blocks, last) {
      pieces = [];
      state.w = window.bytes;
      state.e = window.end;
      decoder.push(blocks, last);
      return pieces;
    },
    close: () => undefined,
  };
}

/**
 * zstd in JavaScript, for every Node. A block at a time, so that what one step puts out is one block at most; a decoder a
 * frame, because fzstd calls itself for every frame that follows.
 */
export const fzstdDecoder: ZstdDecoder = { name: 'fzstd', batch: 1, open };
