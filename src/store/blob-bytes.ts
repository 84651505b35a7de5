import { readSync } from 'node:fs';
import { engineFor } from '../engine/choose.ts';
import type { Bytes } from '../engine/engine.ts';
import { invalid } from '../errors.ts';
import { algorithmOf } from '../spec/digest.ts';
import type { Descriptor } from '../spec/objects.ts';
import { checkDigest } from './embedded-data.ts';
import { onDisk } from './system-error.ts';

const chunkSize = 1024 * 1024;

/** Bytes of a JSON object that are read whole, unless the caller says otherwise. */
export const documentLimit: number = 4 * 1024 * 1024;

/** A run of bytes in a file: `size` bytes from `offset`. */
export interface Region {
  readonly offset: number;
  readonly size: number;
}

/** The bytes of a region of an open file in chunks of up to 1 MiB, each valid until the next. Throws `invalid` where the file ends before them. */
export function* regionChunks(file: number, { offset, size }: Region, subject: string): Iterable<Uint8Array> {
  const buffer = new Uint8Array(Math.min(chunkSize, size));
  for (let position = 0; position < size; ) {
    const wanted = Math.min(buffer.length, size - position);
    const count = onDisk(subject, 'a blob that can be read', () =>
      readSync(file, buffer, 0, wanted, offset + position),
    );
    if (count === 0) throw invalid(subject, `a size of ${size} bytes`, `${position}`);
    yield buffer.subarray(0, count);
    position += count;
  }
}

/** The same bytes; where they have not the descriptor's size and digest, an `invalid` error after the last of them. */
export async function* verified(bytes: Bytes | Iterable<Uint8Array>, descriptor: Descriptor, subject: string): Bytes {
  const algorithm = algorithmOf(descriptor.digest);
  const hasher = (await engineFor(algorithm)).createHash(algorithm);
  let size = 0;
  for await (const chunk of bytes) {
    hasher.update(chunk);
    size += chunk.length;
    if (size > descriptor.size) throw invalid(subject, `a size of ${descriptor.size} bytes`, 'more');
    yield chunk;
  }
  if (size !== descriptor.size) throw invalid(subject, `a size of ${descriptor.size} bytes`, `${size}`);
  checkDigest(hasher.digest(), descriptor, subject);
}

/** A small blob whole. Throws `invalid` where it is larger than `limit` bytes, before anything is read. */
export async function readWhole(
  open: () => Bytes,
  { size }: Region | Descriptor,
  options: { readonly limit?: number | undefined; readonly subject: string },
): Promise<Uint8Array> {
  const { limit = documentLimit, subject } = options;
  if (size > limit) throw invalid(subject, `a size of at most ${limit} bytes`, `${size}`);
  const whole = new Uint8Array(size);
  let position = 0;
  for await (const chunk of open()) {
    whole.set(chunk, position);
    position += chunk.length;
  }
  return whole;
}
