import type { Bytes } from '../engine/engine.ts';
import type { Annotations } from '../spec/objects.ts';
import type { Compression } from './compression.ts';

/** Layers with a table of contents, of which engines fetch single files (stargz-snapshotter's eStargz, containers/storage's zstd:chunked). */
type LazyForm = 'estargz' | 'zstd:chunked';

/** How a layer's tar is stored. */
export type LayerForm = Compression | LazyForm;

/** A lazy layer's blob; what its descriptor is to say of it is known when all of it has been read. */
export interface LazyLayer {
  readonly bytes: Bytes;
  readonly annotations: () => Annotations;
  /** What there is to say of it then. */
  readonly warnings: () => readonly string[];
}

export interface LazyOptions {
  readonly level: number;
  /** Names the layer in messages. */
  readonly subject: string;
  readonly signal?: AbortSignal | undefined;
}

export const isLazy = (form: LayerForm): form is LazyForm => form === 'estargz' || form === 'zstd:chunked';

/** How the bytes of a lazy layer are compressed, to whom knows of no table of contents. */
export function compressionOfForm(form: LayerForm): Compression {
  return form === 'estargz' ? 'gzip' : form === 'zstd:chunked' ? 'zstd' : form;
}

const latin1 = (bytes: Uint8Array, from: number, to?: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(from, to).toString('latin1');

/** The offset of the table's gzip member in an eStargz footer at a blob's end, in hexadecimal; that of the old form (stargz) as well. */
const estargzFooters = [
  /\x1f\x8b\x08\x04\x00{4}\x00\xff\x1a\x00SG\x16\x00([0-9a-f]{16})STARGZ\x01\x00\x00\xff\xff\x00{8}$/s,
  /\x1f\x8b\x08\x04\x00{4}\x00\xff\x16\x00([0-9a-f]{16})STARGZ\x01\x00\x00\xff\xff\x00{8}$/s,
] as const;

/** Where a blob's eStargz footer says that its table's member begins; undefined where it has no such footer. */
export function estargzTableAt(tail: Uint8Array): number | undefined {
  const text = latin1(tail, 0);
  for (const footer of estargzFooters) {
    const [, offset] = footer.exec(text) ?? [];
    if (offset !== undefined) return Number.parseInt(offset, 16);
  }
  return undefined;
}

/** The numbers in a footer of zstd:chunked at a blob's end, and its generation; undefined where there is none. */
export function chunkedFooter(
  tail: Uint8Array,
): { readonly generation: 1 | 3; readonly numbers: readonly bigint[] } | undefined {
  const magic = latin1(tail, tail.length - 8);
  const count = magic === 'GNUlInUx' ? 7 : magic === 'GnUlInUx' ? 4 : 0;
  if (count === 0 || tail.length < (count + 1) * 8) return undefined;
  const view = new DataView(tail.buffer, tail.byteOffset + tail.length - (count + 1) * 8, count * 8);
  const numbers = Array.from({ length: count }, (_, at) => view.getBigUint64(at * 8, true));
  return { generation: count === 7 ? 3 : 1, numbers };
}

/** The lazy form of a blob that is so compressed and ends so; undefined where it has none. */
export function lazyFormOf(compression: 'gzip' | 'zstd', tail: Uint8Array): LazyForm | undefined {
  if (compression === 'gzip') return estargzTableAt(tail) === undefined ? undefined : 'estargz';
  return chunkedFooter(tail) === undefined ? undefined : 'zstd:chunked';
}

export const estargzKeys = {
  tocDigest: 'containerd.io/snapshot/stargz/toc.digest',
  uncompressedSize: 'io.containers.estargz.uncompressed-size',
} as const;

const chunkedPrefix = 'io.github.containers.zstd-chunked.';
export const chunkedKeys = {
  manifestChecksum: 'io.github.containers.zstd-chunked.manifest-checksum',
  manifestPosition: 'io.github.containers.zstd-chunked.manifest-position',
  tarSplitPosition: 'io.github.containers.zstd-chunked.tarsplit-position',
} as const;

const isOfTable = (key: string): boolean =>
  key.startsWith('containerd.io/snapshot/stargz/') ||
  key.startsWith('io.containers.estargz.') ||
  key.startsWith(chunkedPrefix) ||
  key.startsWith('io.containers.zstd-chunked.');

/** The lazy form that a layer's annotations say it has; undefined where they say nothing of a table. */
export function saidFormOf(annotations: Annotations | null | undefined): LazyForm | undefined {
  const key = Object.keys(annotations ?? {}).find(isOfTable);
  return key === undefined ? undefined : key.includes('zstd-chunked') ? 'zstd:chunked' : 'estargz';
}

/** A layer's annotations without those that speak of a table of contents: of another form of the same layer they would be wrong. */
export function withoutTableKeys(annotations: Annotations | null | undefined): Annotations {
  return Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !isOfTable(key)));
}

/** Whether a lazy layer's annotations are those of its own footer, so that readers find its table. */
export function isComplete(form: LazyForm, tail: Uint8Array, said: Annotations | null | undefined): boolean {
  const annotations = said ?? {};
  if (
    Object.keys(annotations).some(key => isOfTable(key) && key.includes('zstd-chunked') !== (form === 'zstd:chunked'))
  )
    return false;
  if (form === 'estargz')
    return (
      Object.hasOwn(annotations, estargzKeys.tocDigest) && Object.hasOwn(annotations, estargzKeys.uncompressedSize)
    );
  const footer = chunkedFooter(tail);
  if (footer?.generation !== 3 || !Object.hasOwn(annotations, chunkedKeys.manifestChecksum)) return false;
  const { numbers } = footer;
  return (
    annotations[chunkedKeys.manifestPosition] === numbers.slice(0, 4).join(':') &&
    annotations[chunkedKeys.tarSplitPosition] === numbers.slice(4, 7).join(':')
  );
}
