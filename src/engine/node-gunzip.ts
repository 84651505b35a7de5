import { createGunzip } from 'node:zlib';
import { invalid } from '../errors.ts';
import type { Bytes } from './engine.ts';

const chunkSize = 1 << 18;
/** Inflated bytes that may wait for the consumer, so that inflation goes on in the pool while it works. */
const ahead = 16 * chunkSize;

/** Feeds a gunzip stream as fast as it takes the bytes; the offset tells where in the compressed stream an error lies. */
async function feed(gunzip: ReturnType<typeof createGunzip>, bytes: Bytes, at: { offset: number }): Promise<void> {
  for await (const chunk of bytes) {
    if (gunzip.destroyed) return;
    at.offset += chunk.length;
    // The source reuses its buffer, and zlib reads it on another thread.
    if (!gunzip.write(Uint8Array.prototype.slice.call(chunk))) await drained(gunzip);
  }
  if (!gunzip.destroyed) gunzip.end();
}

function drained(gunzip: ReturnType<typeof createGunzip>): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      gunzip.off('drain', done).off('close', done).off('error', done);
      resolve();
    };
    gunzip.on('drain', done).on('close', done).on('error', done);
  });
}

const meanings: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'an end in the middle',
  Z_DATA_ERROR: 'damaged bytes',
};

/** Inflates all members of a gzip stream; CRC and length are zlib's to check. */
export async function* gunzipStream(bytes: Bytes, subject: string): Bytes {
  const gunzip = createGunzip({ chunkSize, highWaterMark: ahead } as Parameters<typeof createGunzip>[0]);
  const at = { offset: 0 };
  let cause: unknown;
  const feeding = feed(gunzip, bytes, at).catch((error: unknown) => {
    cause = error;
    gunzip.destroy(error as Error);
  });
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) yield chunk;
    await feeding;
    if (at.offset === 0) throw invalid(subject, 'a gzip stream', 'no bytes');
  } catch (error) {
    if (cause !== undefined) throw cause;
    const { code, message } = error as { code?: string; message: string };
    if (code === undefined || !code.startsWith('Z_')) throw error;
    throw invalid(
      subject,
      'a gzip stream',
      `${meanings[code] ?? 'damaged bytes'} (${message}) before offset ${at.offset}`,
    );
  } finally {
    gunzip.destroy();
    await feeding;
  }
}
