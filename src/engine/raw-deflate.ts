import * as zlib from 'node:zlib';

type Options = Omit<zlib.ZlibOptions, 'chunkSize'>;

/** Where a stream of zlib's puts what it makes, and how much of it is passed on at once. Not public, so it is looked at before it is used. */
interface Places {
  _outBuffer: Uint8Array;
  _chunkSize: number;
}

const smallest = zlib.constants.Z_MIN_CHUNK;
/** zlib may be told of no less room than that. */
const leastRoom = 1 << 12;

/** A stream that puts what it makes there. What it makes depends on how much room it has, not on where. */
function openDeflate(options: Options, room: Uint8Array, chunkSize: number): zlib.DeflateRaw {
  const stream = zlib.createDeflateRaw({ ...options, chunkSize: smallest });
  const places = stream as unknown as Partial<Places>;
  if (places._outBuffer?.length === smallest && places._chunkSize === smallest) {
    places._outBuffer = room;
    places._chunkSize = chunkSize;
    return stream;
  }
  stream.destroy();
  return zlib.createDeflateRaw({ ...options, chunkSize });
}

/**
 * `zlib.deflateRaw`, which asks for memory anew for each block, as much as that has, though what it becomes is a third of that: V8
 * counts such memory, and looks the whole heap through the more often. State: what is free of it.
 */
export class RawDeflate {
  readonly #free: Uint8Array[] = [];

  /** The very bytes that `zlib.deflateRaw` makes where it has room for all of a block in one piece: each further piece is a round trip between the threads. */
  async deflate(block: Uint8Array, options: Options): Promise<Uint8Array> {
    const chunkSize = Math.max(leastRoom, block.length);
    const free = this.#free.pop();
    const room = free !== undefined && free.length >= chunkSize ? free : Buffer.allocUnsafe(chunkSize);
    const stream = openDeflate(options, room, chunkSize);
    const parts: Uint8Array[] = [];
    return new Promise((resolve, reject) => {
      stream.on('data', part => parts.push(part));
      stream.on('error', reject);
      stream.on('end', () => {
        resolve(Buffer.concat(parts));
        this.#free.push(room);
      });
      stream.end(block);
    });
  }
}
