import { Decompress } from 'fzstd';
import type { FrameDecoder, ZstdDecoder } from './zstd-decoder.ts';
import { plainHeader } from './zstd-header.ts';

function open(window: number): FrameDecoder {
  let pieces: Uint8Array[] = [];
  const decoder = new Decompress(piece => {
    if (piece.length > 0) pieces.push(piece);
  });
  decoder.push(plainHeader(window), false);
  return {
    decode(blocks, last) {
      pieces = [];
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
