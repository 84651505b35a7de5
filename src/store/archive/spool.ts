import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decompress, detectCompression, magicSize } from '../../codec/compression.ts';
import type { Bytes } from '../../engine/engine.ts';
import { invalid } from '../../errors.ts';
import { flow } from '../../stream/flow.ts';
import type { Work } from '../../stream/pace.ts';
import { peek } from '../../stream/peek.ts';
import { standingAbove, writeFully } from '../disk/atomic.ts';
import { onDisk } from '../disk/system-error.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../disk/temporary.ts';

/** A directory for what has to be written down on the way into a layout, on its file system. */
export function makeSpool(layout: string): TemporaryDirectory {
  return onDisk(layout, 'a place for an image layout', () => makeTemporaryDirectory(standingAbove(resolve(layout))));
}

/**
 * A stream as a file that can be sought in, decompressed: beside `layout`, on its file system. The caller removes it.
 * Throws `invalid` for an empty stream.
 */
export async function spoolArchive(
  bytes: Bytes,
  options: { readonly layout: string; readonly subject: string; readonly work?: Work },
): Promise<TemporaryDirectory & { readonly file: string }> {
  const { layout, subject } = options;
  const { head, whole, close } = await peek(bytes, magicSize);
  try {
    if (head.length === 0) throw invalid(subject, 'an image archive (a tar)', 'an empty file');
    const compression = detectCompression(head);
    return await spoolStream(flow(decompress(whole, compression, subject), { signal: options.work?.signal }), layout);
  } finally {
    await close();
  }
}

/** A stream as a file, byte for byte, beside `layout`, on its file system. The caller removes it. Throws what the stream does. */
export async function spoolStream(
  bytes: Bytes,
  layout: string,
): Promise<TemporaryDirectory & { readonly file: string }> {
  const stage = makeSpool(layout);
  try {
    const path = join(stage.inside, 'archive.tar');
    const file = openSync(path, 'wx', 0o600);
    try {
      for await (const chunk of bytes) onDisk(layout, 'room for an archive', () => writeFully(file, chunk));
    } finally {
      closeSync(file);
    }
    return { ...stage, file: path };
  } catch (error) {
    stage.removeNow();
    throw error;
  }
}
