import {
  type Compression,
  compress,
  compressorWarnings,
  decompress,
  detectCompression,
  layerMediaType,
  magicSize,
  type TarCompression,
} from '../codec/compression.ts';
import { emptySink, readLayer } from '../codec/layer-reader.ts';
import { isOfTarAlone, ofTarAloneText } from '../codec/tar-member.ts';
import type { Bytes } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { listWords, usage } from '../errors.ts';
import { type DiffID, diffIDOf } from '../spec/digest.ts';
import type { Layer } from '../spec/objects.ts';
import { checkRootfsEntry } from '../store/rootfs/tar.ts';
import { flow } from '../stream/flow.ts';
import { hashed } from '../stream/hashed.ts';
import { announce } from '../stream/pace.ts';
import { peek } from '../stream/peek.ts';
import { tap } from '../stream/tap.ts';
import { Draft } from '../tree/draft.ts';
import { emptyTree, type LayerEntry, type Path } from '../tree/node.ts';
import { shortTextOf } from '../tree/path.ts';
import type { Destination } from './destination.ts';
import type { CompressionOptions, ImportOptions, Work } from './options.ts';

/** A stream whose compression is known. */
interface Input {
  readonly compression: TarCompression;
  readonly bytes: Bytes;
  close(): Promise<void>;
}

/** Looks at how a stream begins. */
async function openTar(bytes: Bytes): Promise<Input> {
  const { head, whole, close } = await peek(bytes, magicSize);
  return { compression: detectCompression(head), bytes: whole, close };
}

/** What stands at the root of a layout and of docker's archives, and how docker calls configs and layers there. */
const marks: readonly Path[] = ['oci-layout', 'index.json', 'manifest.json'];
const archiveMember = /^[0-9a-f]{64}(\.json|\.tar|\/layer\.tar)$/;
const loadHint = '`ocikit load` brings the images of an archive into a layout';

/** One tar as it passes: that a root filesystem comes of it, its diffID, and what other engines will say of it. */
class TarInspection {
  readonly #subject: string;
  readonly #draft: Draft;
  readonly #hasher = nodeEngine.createHash('sha256');
  readonly #twice: Path[] = [];
  readonly #marks = new Set<Path>();
  readonly #ofTarAlone = new Set<string>();
  #isArchive = false;

  constructor(subject: string) {
    this.#subject = subject;
    this.#draft = new Draft(emptyTree(), subject);
    this.#draft.beginLayer();
  }

  async read(tar: Bytes): Promise<void> {
    const origin = { identity: this.#subject, subject: this.#subject, contained: true };
    await readLayer(hashed(tar, this.#hasher), origin, {
      ...emptySink,
      entry: entry => this.#entry(entry),
      header: header => void (isOfTarAlone(header) && this.#ofTarAlone.add(header.typeflag)),
    });
    const isLayout = this.#marks.has('oci-layout') && this.#marks.has('index.json');
    if (isLayout || (this.#marks.has('manifest.json') && this.#isArchive))
      throw usage(this.#subject, 'expected the tar of a root filesystem, got an image archive', loadHint);
  }

  #entry(entry: LayerEntry): undefined {
    this.#isArchive ||= archiveMember.test(entry.path);
    checkRootfsEntry(entry, this.#subject);
    if (marks.includes(entry.path)) this.#marks.add(entry.path);
    if (this.#draft.apply(entry).some(operation => operation.kind === 'remove')) this.#twice.push(entry.path);
  }

  diffID(): DiffID {
    return diffIDOf(this.#hasher.digest());
  }

  warnings(): readonly string[] {
    const refused = (what: string): string => `${this.#subject}: ${what}: docker refuses such a layer`;
    const twice = this.#twice.map(path => `'${shortTextOf(path)}'`);
    return [
      ...(twice.length === 0 ? [] : [refused(`${listWords(twice, 1)} stands there twice`)]),
      ...(this.#ofTarAlone.size === 0 ? [] : [refused(ofTarAloneText(this.#ofTarAlone))]),
    ];
  }
}

/** What looks at a tar as it passes, and knows its diffID in the end. */
export interface Inspection {
  read(tar: Bytes): Promise<void>;
  diffID(): DiffID;
  warnings(): readonly string[];
}

type StoreOptions = CompressionOptions & Work & { readonly subject: string; readonly plain?: Compression };

/** What the layer is to be compressed with; undefined where the input is kept as it is. */
function targetOf(input: Input['compression'], options: StoreOptions): Compression | undefined {
  const usual = input === 'none' ? (options.plain ?? 'gzip') : input === 'xz' || input === 'bzip2' ? 'gzip' : input;
  const { compression = usual, level, compressor } = options;
  const isAsked = level !== undefined || compressor !== undefined;
  return compression === input && (input === 'none' || !isAsked) ? undefined : compression;
}

/**
 * Stores a tar as a layer in one pass: xz and bzip2 are compressed otherwise, a plain tar as `plain` says (gzip when absent), gzip and zstd
 * are kept as they are unless the options ask for another compression or level. Either way the tar is read to its end by the
 * inspection: throws what that throws, and `unsupported`.
 */
export async function storeTar(
  bytes: Bytes,
  to: { readonly destination: Pick<Destination, 'put'>; readonly inspection: Inspection },
  options: StoreOptions,
): Promise<{ readonly layer: Layer; readonly warnings: readonly string[] }> {
  const { subject } = options;
  const { destination, inspection } = to;
  const input = await openTar(flow(bytes, options));
  const target = targetOf(input.compression, options);
  // A few stored bytes may stand for many.
  const tarOf = (stored: Bytes): Bytes =>
    flow(decompress(stored, input.compression, subject), { signal: options.signal });
  const layer = (): Bytes =>
    target === undefined
      ? tap(input.bytes, kept => inspection.read(tarOf(kept)))
      : compress(
          tap(tarOf(input.bytes), tar => inspection.read(tar)),
          { ...options, compression: target },
        );
  const stored = await destination.put(layer()).finally(input.close);
  const compression = target ?? (input.compression as Compression);
  return {
    layer: { descriptor: { mediaType: layerMediaType(compression), ...stored }, diffID: inspection.diffID() },
    warnings: [
      ...inspection.warnings(),
      ...(target === undefined ? [] : compressorWarnings({ ...options, compression: target })),
    ],
  };
}

/** Stores the tar of a root filesystem as a layer. A layer that would not unpack is refused: throws `invalid` and `unsupported`. */
export async function importLayer(
  bytes: Bytes,
  destination: Destination,
  options: ImportOptions & { readonly subject: string; readonly size?: number | undefined },
): Promise<{ readonly layer: Layer; readonly warnings: readonly string[] }> {
  announce(options, 'importing', options.size);
  return storeTar(bytes, { destination, inspection: new TarInspection(options.subject) }, options);
}
