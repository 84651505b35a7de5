import { ContentHashes } from '../codec/content-hashes.ts';
import { type LayerOrigin, readLayer } from '../codec/layer-reader.ts';
import type { Bytes } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { OciError, unsupported, usage } from '../errors.ts';
import { type DiffID, diffIDOf } from '../spec/digest.ts';
import type { Layer } from '../spec/objects.ts';
import { readInputFile } from '../store/disk/input-file.ts';
import { hashed } from '../stream/hashed.ts';
import type { FileNode, LayerEntry } from '../tree/node.ts';
import { RefusedFaults } from '../tree/refused-faults.ts';
import type { OverLayer } from './append-tree.ts';
import type { Destination } from './destination.ts';
import { type Inspection, storeTar } from './import-layer.ts';
import type { AppendOptions } from './options.ts';

/** A tar that is to be a layer: where it lies, and what messages call it. */
export interface TarFile {
  readonly file: string;
  readonly subject: string;
}

/** The bytes of a tar. Even one of no entries has some: where there are none, what was to make it has failed. Throws `usage`. */
export async function* notEmpty(bytes: Bytes, subject: string): Bytes {
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    yield chunk;
  }
  if (length === 0) throw usage(subject, 'expected a tar, got nothing');
}

/** Where entries of a tar that is to be a layer come from. */
export function tarOrigin(subject: string): LayerOrigin {
  return { identity: `tar ${subject}`, subject, contained: true };
}

/** A tar that is to be a layer as it passes: that engines take it, its diffID, and what it holds. */
export class LayerInspection implements Inspection, OverLayer {
  readonly #subject: string;
  readonly #hasher = nodeEngine.createHash('sha256');
  readonly #faults: RefusedFaults | undefined;
  readonly #hashes = new ContentHashes();
  readonly entries: LayerEntry[] = [];

  /** Without `faults`, what engines refuse is passed over. */
  constructor(subject: string, faults?: RefusedFaults) {
    this.#subject = subject;
    this.#faults = faults;
  }

  get digests(): ReadonlyMap<FileNode, string> {
    return this.#hashes.digests;
  }

  async read(tar: Bytes): Promise<void> {
    await readLayer(hashed(tar, this.#hasher), tarOrigin(this.#subject), {
      entry: entry => {
        this.entries.push(entry);
        this.#faults?.add(entry);
        this.#hashes.begin(entry);
      },
      data: chunk => this.#hashes.update(chunk),
      end: () => this.#hashes.end(),
    });
    const [first, ...others] = this.#faults?.finish() ?? [];
    if (first === undefined) return;
    const more = others.length === 0 ? '' : `, and ${others.length} more`;
    throw new OciError('invalid', this.#subject, `expected a layer that every engine takes, got ${first}${more}`, {
      hint: 'option normalize writes it anew, as image-spec reads it',
    });
  }

  diffID(): DiffID {
    return diffIDOf(this.#hasher.digest());
  }

  warnings(): readonly string[] {
    return [];
  }
}

/**
 * Stores a tar as a layer, byte for byte unless options ask for a compression. Throws `invalid` where an engine would refuse it,
 * with the reason, and `unsupported` for zstd in a docker image.
 */
export async function appendTar(
  { file, subject }: TarFile,
  to: { readonly destination: Pick<Destination, 'put'>; readonly isDocker: boolean },
  options: AppendOptions,
): Promise<{ readonly layer: Layer; readonly over: OverLayer; readonly warnings: readonly string[] }> {
  const { destination, isDocker } = to;
  const inspection = new LayerInspection(subject, new RefusedFaults());
  const stored = await storeTar(
    notEmpty(readInputFile(file, options.signal), subject),
    { destination, inspection },
    { ...options, subject, plain: 'none' },
  );
  if (isDocker && stored.layer.descriptor.mediaType.endsWith('zstd'))
    throw unsupported(subject, 'a layer that docker has a media type for', 'zstd', {
      hint: "give option compression 'gzip'",
    });
  return { ...stored, over: inspection };
}
