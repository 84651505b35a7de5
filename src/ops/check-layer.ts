import { readLayer } from '../codec/layer-reader.ts';
import type { Bytes } from '../engine/engine.ts';
import { OciError } from '../errors.ts';
import { layerBytes, layerOrigin } from '../graph/layer-bytes.ts';
import type { ImageSource } from '../graph/source.ts';
import { blobAt } from '../image/finding.ts';
import { finding } from '../image/finding-codes.ts';
import type { Layer } from '../spec/objects.ts';
import { drain } from '../stream/drain.ts';
import { codeOf } from './code-of-error.ts';
import { LayerLint, type LintOptions, type PlacedLink } from './layer-lint.ts';

/** The bytes, and what they end with where that is an error. */
function watched(bytes: Bytes): { readonly bytes: Bytes; readonly failure: () => unknown } {
  let failure: unknown;
  async function* pass(): Bytes {
    try {
      yield* bytes;
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  return { bytes: pass(), failure: () => failure };
}

/** What reading some bytes to their end ends with, where that is a broken promise. */
async function brokenPromise(bytes: Bytes): Promise<OciError | undefined> {
  try {
    await drain(bytes);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    if (error.broken !== undefined) return error;
  }
  return undefined;
}

/** What of a layer's entries is known after it has been read, and whether the draft below has had all of them. */
export interface CheckedLayer {
  readonly links: readonly PlacedLink[];
  readonly isApplied: boolean;
}

/**
 * Reads a layer to its end: digest, size and diffID, and what is wrong with its tar, by itself and over what lies below it where
 * that is known. What is wrong is reported.
 */
export async function checkLayer(source: ImageSource, layer: Layer, options: LintOptions): Promise<CheckedLayer> {
  const { report } = options;
  const place = blobAt(layer.descriptor.digest);
  const lint = new LayerLint(layer.descriptor.digest, options);
  const { bytes, failure } = watched(layerBytes(source, layer));
  try {
    await readLayer(bytes, layerOrigin(source, layer), lint);
    return lint;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    const isOfBytes = error === failure();
    report(finding(codeOf(error, isOfBytes ? 'compression-damaged' : 'tar-damaged'), place, error.message));
    // Bytes that are others than they should be explain what was found in them.
    const isExplained = error.broken !== undefined || error.code !== 'invalid';
    const cause = isExplained
      ? undefined
      : ((await brokenPromise(source.open(layer.descriptor))) ??
        (isOfBytes ? undefined : await brokenPromise(layerBytes(source, layer))));
    if (cause !== undefined) report(finding(codeOf(cause), place, cause.message));
    return { links: lint.links, isApplied: false };
  }
}
