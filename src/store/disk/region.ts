import { statSync } from 'node:fs';
import { invalid } from '../../errors.ts';
import { fileChunks, isSparse, type Region } from './file-chunks.ts';
import { loadNative } from './native.ts';
import { systemError } from './system-error.ts';

export type { Region };

const chunkSize = 1024 * 1024;

/** The bytes of a region of an open file in chunks of up to 1 MiB, each valid until the next. Throws `invalid` where the file ends before them. */
export function* regionChunks(file: number, region: Region, subject: string): Iterable<Uint8Array> {
  const { size } = region;
  const buffer = new Uint8Array(Math.min(chunkSize, size));
  let position = 0;
  try {
    // Few commands need the native calls, which take a few milliseconds to load.
    const native = isSparse(file) ? loadNative() : undefined;
    for (const chunk of fileChunks(file, region, { buffer, native })) {
      position += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw systemError(error, subject, 'a blob that can be read');
  }
  if (position !== size) throw invalid(subject, `a size of ${size} bytes`, `${position}`);
}

/** How many bytes there are where a region lies: of one that is a whole file what the file has, of a part what is said. Undefined where there is no such file. */
export function bytesAt({ path, offset, size }: Region & { readonly path: string }): number | undefined {
  // Before the first member of an archive stands its header.
  if (offset > 0) return size;
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : undefined;
}
