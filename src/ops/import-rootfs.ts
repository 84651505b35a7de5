import type { Bytes } from '../engine/engine.ts';
import { appendLayer } from '../image/append.ts';
import { inputSize, readInputFile } from '../store/disk/input-file.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import { entryOf, parseDestination, withDestination } from './destination.ts';
import { givenBytes } from './given-bytes.ts';
import { editOf } from './image-edit.ts';
import { importLayer } from './import-layer.ts';
import type { ImportOptions } from './options.ts';
import type { ImportResult } from './results.ts';

/** What docker writes for stdin and for files alike. */
const defaultMessage = 'Imported from -';

const toCommit = '`ocikit commit` makes an image of a directory';

/**
 * Makes an image of one layer of the tar of a root filesystem (a file, or a stream of its bytes), by docker's rules for
 * `import`: one line of history with the message and no command, a config of the changes alone. The input is read once and
 * never held. Throws `invalid` where it is damaged or would not unpack, `unsupported`, `not-found`, and `conflict` where a
 * file changes while it is read.
 */
export async function importRootfs(
  file: string | Bytes,
  image: ImageOperand,
  options: ImportOptions = {},
): Promise<ImportResult> {
  checkCall('importRootfs', { file: ['path or bytes', file], image: ['operand', image] }, options);
  const place = parseDestination(image, undefined);
  // No command made this layer, whatever the image runs.
  const edit = { ...editOf({ ...options, message: options.message || defaultMessage }), createdBy: '' };
  const [bytes, subject] =
    typeof file === 'string'
      ? [readInputFile(file, options.signal, toCommit), file]
      : [givenBytes(file, 'file', options.signal), 'input'];
  const size = typeof file === 'string' ? inputSize(file) : undefined;
  return withDestination(place, options, async destination => {
    const { layer, warnings } = await importLayer(bytes, destination, { ...options, subject, size });
    const made = appendLayer(undefined, { ...edit, layer });
    await destination.finish(made, entryOf(made));
    return {
      manifest: made.manifest.descriptor.digest,
      imageID: made.config.descriptor.digest,
      layer: layer.descriptor,
      diffID: layer.diffID,
      name: place.name,
      warnings,
    };
  });
}
