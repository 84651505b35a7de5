import { readLayer } from '../codec/layer-reader.ts';
import { estargzKeys, saidFormOf } from '../codec/lazy.ts';
import { TocCheck, unpackedTable } from '../codec/toc-check.ts';
import type { Bytes } from '../engine/engine.ts';
import { invalid, OciError } from '../errors.ts';
import { tableLimit } from '../limits.ts';
import { digestOf } from '../spec/digest.ts';
import { parseJson } from '../spec/document.ts';
import type { Annotations, Descriptor, Json, Layer } from '../spec/objects.ts';
import { layerBytes, layerOrigin } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';

/** The bytes of a blob from `offset` on. Throws `invalid` where it has not so many. */
async function region(bytes: Bytes, { offset, size }: { offset: number; size: number }): Promise<Uint8Array> {
  const found = Buffer.alloc(size);
  let at = 0;
  for await (const chunk of bytes) {
    const from = Math.max(0, offset - at);
    if (from < chunk.length) found.set(chunk.subarray(from, offset + size - at), Math.max(0, at - offset));
    at += chunk.length;
    if (at >= offset + size) return found;
  }
  throw invalid('table of contents', `bytes from ${offset} to ${offset + size}`, `a blob of ${at}`);
}

const wordOf = (annotations: Annotations, name: string): string =>
  Object.entries(annotations).find(([key]) => key.endsWith(`zstd-chunked.${name}`))?.[1] ?? '';

/** The table that annotations of zstd:chunked lead to. Throws `invalid` where it is not what they say. */
async function chunkedTable(source: ImageSource, descriptor: Descriptor, subject: string): Promise<Uint8Array> {
  const annotations = descriptor.annotations ?? {};
  const [, offset = '', size = ''] =
    /^(\d{1,15}):(\d{1,15}):\d+(?::\d+)?$/.exec(wordOf(annotations, 'manifest-position')) ?? [];
  if (offset === '') throw invalid(subject, 'where the table of contents is', wordOf(annotations, 'manifest-position'));
  if (Number(size) > tableLimit) throw invalid(subject, `a table of contents of at most ${tableLimit} bytes`, size);
  const stored = await region(source.open(descriptor), { offset: Number(offset), size: Number(size) });
  const said = wordOf(annotations, 'manifest-checksum');
  if (digestOf(stored) !== said) throw invalid(subject, `a table of contents ${said}`, digestOf(stored));
  return unpackedTable(stored, subject);
}

/** The table of an eStargz layer, a file of its tar. Throws `invalid` where it is not what the annotation says. */
function estargzTable(table: Uint8Array, { annotations }: Descriptor, subject: string): Uint8Array {
  const said = annotations?.[estargzKeys.tocDigest];
  const found = digestOf(table);
  if (said !== undefined && found !== said) throw invalid(subject, `a table of contents ${said}`, found);
  return table;
}

/**
 * Where the table of contents of a lazy layer says otherwise than its tar, a sentence each; nothing for a layer whose annotations
 * speak of none. Readers that fetch single files believe the table, and others the tar.
 */
export async function tableFaults(source: ImageSource, layer: Layer): Promise<readonly string[]> {
  const { descriptor } = layer;
  const form = saidFormOf(descriptor.annotations);
  if (form === undefined) return [];
  const { subject } = layerOrigin(source, layer);
  const check = new TocCheck();
  await readLayer(layerBytes(source, layer), layerOrigin(source, layer), check);
  try {
    const bytes =
      form === 'estargz'
        ? estargzTable(check.table, descriptor, subject)
        : await chunkedTable(source, descriptor, subject);
    const table: Json = parseJson(bytes, subject);
    return check.faults(table);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return [error.message];
  }
}
