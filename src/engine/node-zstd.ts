import * as zlib from 'node:zlib';
import type { FrameDecoder, ZstdDecoder } from './zstd-decoder.ts';
import { plainHeader } from './zstd-header.ts';

/** Bytes of content in a block at most (RFC 8878 §3.1.1.2.4), and so in a piece of it. */
const maxBlock = 128 * 1024;
/** Blocks that are decoded in one go: a round trip to the thread pool is worth some hundred KiB. */
const batch = 8;

interface Stream {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean;
  read(): Uint8Array | null;
  on(event: 'error', take: (error: Error) => void): Stream;
  destroy(): void;
}

/** What Node has from 22.15 on, and its types for version 20 do not know. */
interface ZstdPart {
  createZstdDecompress(options: { readonly chunkSize: number; readonly highWaterMark: number }): Stream;
  zstdDecompressSync(bytes: Uint8Array, options: { readonly maxOutputLength: number }): Uint8Array;
}

/** A frame in Node's thread pool. State: its stream, made when the first blocks come. */
class NodeFrame implements FrameDecoder {
  readonly #zstd: ZstdPart;
  readonly #window: number;
  #stream: Stream | undefined;
  #failed: ((error: Error) => void) | undefined;

  constructor(zstd: ZstdPart, window: number) {
    this.#zstd = zstd;
    this.#window = window;
  }

  decode(blocks: Uint8Array, last: boolean): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    if (this.#stream !== undefined) return this.#write(this.#stream, blocks);
    const bytes = Buffer.concat([plainHeader(this.#window), blocks]);
    // A small frame is decoded at once: a stream of its own takes longer than it does.
    if (last) return [...pieces(this.#zstd.zstdDecompressSync(bytes, { maxOutputLength: batch * maxBlock }))];
    this.#stream = this.#open();
    return this.#write(this.#stream, bytes);
  }

  close(): void {
    this.#stream?.destroy();
  }

  #open(): Stream {
    // All that a batch becomes fits: the stream never waits for a reader.
    const options = { chunkSize: maxBlock, highWaterMark: 2 * batch * maxBlock };
    const stream = this.#zstd.createZstdDecompress(options);
    stream.on('error', error => this.#failed?.(error));
    return stream;
  }

  #write(stream: Stream, bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    return new Promise((resolve, reject) => {
      this.#failed = reject;
      stream.write(bytes, error => {
        if (error) reject(error);
        else resolve([...held(stream)]);
      });
    });
  }
}

/** All that a stream holds: one read gives the whole of it, or on Node 26 its first chunk. What stays would one day stop the stream. */
function* held(stream: Stream): Generator<Uint8Array> {
  for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) yield* pieces(bytes);
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += maxBlock) yield bytes.subarray(at, at + maxBlock);
}

const part = zlib as unknown as Partial<ZstdPart>;

/** Node's own zstd where it has one (22.15 on): several times as fast as JavaScript's. */
export const nodeZstd: ZstdDecoder | undefined =
  part.createZstdDecompress === undefined || part.zstdDecompressSync === undefined
    ? undefined
    : { name: 'node', batch, open: window => new NodeFrame(part as ZstdPart, window) };
