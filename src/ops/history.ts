import { historyOf } from '../image/history.ts';
import { openImage } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import type { ReadOptions } from './options.ts';
import type { HistoryRow } from './results.ts';

/**
 * The lines of an image's history, newest first, as `docker history` lists them. No layer is read: sizes are those of
 * the stored blobs, in bytes. Throws `invalid` where history and layers do not agree (image-spec config.md).
 */
export async function history(image: ImageOperand, options: ReadOptions = {}): Promise<HistoryRow[]> {
  checkCall('history', { image: ['operand', image] }, options);
  const opened = await openImage(image, options);
  return historyOf(opened.image).map((line, row) => ({
    id: row === 0 ? opened.image.config.descriptor.digest : '<missing>',
    created: line.created,
    createdBy: line.createdBy,
    size: line.size,
    comment: line.comment,
    emptyLayer: line.emptyLayer,
  }));
}
