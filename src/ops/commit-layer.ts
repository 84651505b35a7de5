import { type CompressOptions, compress, compressorWarnings, layerMediaType } from '../codec/compression.ts';
import type { Bytes } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { diffIDOf } from '../spec/digest.ts';
import { sizeOf } from '../spec/sizes.ts';
import { archiveMode, writeFileAtomic } from '../store/disk/file-target.ts';
import type { Operand } from '../store/parse-operand.ts';
import { drain } from '../stream/drain.ts';
import { hashed } from '../stream/hashed.ts';
import { ownChunks } from '../stream/own-chunks.ts';
import { announce } from '../stream/pace.ts';
import { checkCall } from './check-call.ts';
import { type CommitInput, openCommit, until } from './commit-input.ts';
import { changeCount, deltaOf } from './delta.ts';
import { entriesTar } from './entries-tar.ts';
import type { CommitLayerOptions } from './layer-options.ts';
import type { CommitLayerResult } from './layer-results.ts';
import { compressionOf, writtenFiles } from './store-layer.ts';
import { checkWarnings } from './strict.ts';

/** A layer that passes: the bytes of it as it is stored, and what is known when they have gone by. */
interface Passing extends Pick<CommitLayerResult, 'changes' | 'warnings'> {
  readonly bytes: Bytes;
  readonly stored: () => Pick<CommitLayerResult, 'layer' | 'diffID'>;
}

async function* counted(bytes: Bytes, count: (length: number) => void): Bytes {
  for await (const chunk of bytes) {
    count(chunk.length);
    yield chunk;
  }
}

/** A layer's file is a plain tar unless its name or the options say otherwise. */
function compressionFor(file: string, options: CommitLayerOptions): CompressOptions {
  const said = /\.(tgz|gz)$/i.test(file) ? 'gzip' : /\.zst$/i.test(file) ? 'zstd' : 'none';
  return compressionOf({ compression: said, ...options });
}

async function layerOf(
  input: CommitInput,
  options: CommitLayerOptions,
  { compression, beside }: { readonly compression: CompressOptions; readonly beside: string },
): Promise<Passing> {
  checkWarnings(input.warnings, options.strict);
  const { changes, entries, bodies } = await deltaOf(input, options);
  const compressed = compressorWarnings(compression);
  checkWarnings(compressed, options.strict);
  const close = await input.bodies.prepare?.(writtenFiles(entries), beside);
  announce(options, 'writing', sizeOf(writtenFiles(entries)));
  const [tar, stored] = [nodeEngine.createHash('sha256'), nodeEngine.createHash('sha256')];
  let size = 0;
  const passing = async function* (): Bytes {
    try {
      const layer = compress(hashed(entriesTar(entries, bodies, { work: options }), tar), compression);
      yield* counted(hashed(layer, stored), length => {
        size += length;
      });
    } finally {
      close?.();
    }
  };
  return {
    bytes: passing(),
    stored: () => ({
      layer: { mediaType: layerMediaType(compression.compression), digest: `sha256:${stored.digest()}`, size },
      diffID: diffIDOf(tar.digest()),
    }),
    changes: changeCount(changes),
    warnings: [...input.warnings, ...compressed],
  };
}

/** Compares, and gives the layer to `take`; what has been begun ahead ends with it. A bundle stays as it is: no image is made that it could move on to. */
async function* passLayer(
  rootfs: Operand,
  options: CommitLayerOptions,
  to: { readonly compression: CompressOptions; readonly beside: string; readonly written: readonly string[] },
): AsyncGenerator<Passing> {
  announce(options, 'comparing');
  const over = new AbortController();
  try {
    const input = await openCommit(rootfs, { ...options, ...until(over.signal, options), dryRun: true }, to.written);
    yield await layerOf(input, options, to);
  } finally {
    over.abort();
  }
}

/**
 * Writes what differs between a root filesystem and its base (an image, another root filesystem, a bundle's own image) as the tar of a
 * layer, the same that `commit` stores: into a file (mode 0600) that is there whole or not at all. Plain, or as the file's name ends
 * (`.tar.gz`, `.tgz`, `.tar.zst`), or as `compression` says. Without a base all of it. Nothing that differs is a tar of no entries.
 */
export async function commitLayer(
  rootfs: Operand,
  file: string,
  options: CommitLayerOptions = {},
): Promise<CommitLayerResult> {
  checkCall('commitLayer', { rootfs: ['operand', rootfs], file: ['target', file] }, options);
  const to = { compression: compressionFor(file, options), beside: file, written: [file] };
  for await (const { bytes, stored, changes, warnings } of passLayer(rootfs, options, to)) {
    if (options.dryRun === true) await drain(bytes);
    else await writeFileAtomic(file, bytes, { mode: archiveMode, signal: options.signal });
    return { ...stored(), changes, warnings };
  }
  throw new Error('commitLayer: one layer passes');
}

/** The same as a stream, a plain tar unless `compression` says otherwise. */
export async function commitLayerStream(
  rootfs: Operand,
  options: CommitLayerOptions = {},
): Promise<Pick<CommitLayerResult, 'changes' | 'warnings'> & { readonly bytes: Bytes }> {
  checkCall('commitLayerStream', { rootfs: ['operand', rootfs] }, options);
  const to = { compression: compressionFor('', options), beside: '.', written: [] };
  const passing = passLayer(rootfs, options, to);
  const { value } = await passing.next();
  if (value === undefined) throw new Error('commitLayerStream: one layer passes');
  const { bytes, changes, warnings } = value as Passing;
  return { bytes: ownChunks(ending(bytes, passing)), changes, warnings };
}

async function* ending(bytes: Bytes, passing: AsyncGenerator<Passing>): Bytes {
  try {
    yield* bytes;
  } finally {
    await passing.return(undefined);
  }
}
