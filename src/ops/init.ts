import { createLayout } from '../store/layout/create-layout.ts';
import { type ImageOperand, parseLayout } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import type { WriteOptions } from './options.ts';
import type { InitResult } from './results.ts';

/**
 * Makes an empty image layout (image-spec image-layout.md). A layout that is there already is left as it is.
 * Throws `conflict` where something else is in the way.
 */
export async function init(layout: ImageOperand, options: WriteOptions = {}): Promise<InitResult> {
  checkCall('init', { layout: ['operand', layout] }, options);
  options.signal?.throwIfAborted();
  const { path } = parseLayout(layout, 'a name is given to an image when it is made').place;
  await createLayout(path, options);
  return { layout: path };
}
