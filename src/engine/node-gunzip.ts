import { createGunzip } from 'node:zlib';
import { copyOf } from './bytes.ts';
import type { Bytes } from './engine.ts';
import { checkGunzipEnd, gunzipFailure } from './gunzip-failure.ts';

const chunkSize = 1 << 18;
/** Inflated bytes that may wait for the consumer, so that inflation goes on in the pool while it works. */
const ahead = 16 * chunkSize;

type Gunzip = ReturnType<typeof createGunzip>;

/** One gunzip in progress. zlib takes bytes up to a zero after a member; what follows must be zeros, and is looked at here. */
interface Feeding {
  /** Compressed bytes given so far. */
  offset: number;
  ended: boolean;
  rest: 'zeros' | 'something';
  /** Nobody reads any more: the source is to be closed. */
  left: boolean;
  cause: unknown;
}

function lookAtRest(feeding: Feeding, rest: Uint8Array): void {
  feeding.ended = true;
  if (rest.some(byte => byte !== 0)) feeding.rest = 'something';
}

/** Settles when zlib has taken the chunk, or will take no more. */
function writeChunk(gunzip: Gunzip, chunk: Uint8Array, feeding: Feeding): Promise<void> {
  return new Promise(resolve => {
    // A stream that is closed while its reader is full never calls back.
    gunzip.once('close', resolve);
    gunzip.write(chunk, error => {
      gunzip.off('close', resolve);
      const untaken = feeding.offset - gunzip.bytesWritten;
      if (!error && untaken > 0) lookAtRest(feeding, chunk.subarray(chunk.length - untaken));
      resolve();
    });
  });
}

/** Reads one chunk ahead of what zlib is at, so that the source works while the pool does. */
async function feed(gunzip: Gunzip, bytes: Bytes, feeding: Feeding): Promise<void> {
  let writing = Promise.resolve();
  for await (const chunk of bytes) {
    if (chunk.length === 0) continue;
    // The source reuses its buffer, and zlib reads it on another thread.
    const copy = copyOf(chunk);
    await writing;
    if (feeding.left) return;
    feeding.offset += copy.length;
    if (feeding.ended) lookAtRest(feeding, copy);
    else writing = writeChunk(gunzip, copy, feeding);
  }
  await writing;
  if (!feeding.ended && !gunzip.destroyed) gunzip.end();
}

function gunzipError(error: unknown, feeding: Feeding, subject: string): unknown {
  if (feeding.cause !== undefined) return feeding.cause;
  const { code, message } = error as { code?: string; message: string };
  if (code === undefined || !code.startsWith('Z_')) return error;
  return gunzipFailure(subject, { offset: feeding.offset, code, message });
}

/** Inflates all members of a gzip stream in the pool; CRC and length are zlib's to check. The source is read to its end. */
export async function* gunzipStream(bytes: Bytes, subject: string): Bytes {
  const options = { chunkSize, highWaterMark: ahead };
  const stream = createGunzip(options as Parameters<typeof createGunzip>[0]);
  const feeding: Feeding = { offset: 0, ended: false, rest: 'zeros', left: false, cause: undefined };
  const fed = feed(stream, bytes, feeding).catch((error: unknown) => {
    feeding.cause = error;
    stream.destroy(error as Error);
  });
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
    await fed;
  } catch (error) {
    throw gunzipError(error, feeding, subject);
  } finally {
    feeding.left = true;
    stream.destroy();
    await fed;
  }
  if (feeding.cause !== undefined) throw feeding.cause;
  checkGunzipEnd(subject, { offset: feeding.offset, followed: feeding.rest === 'something' });
}
