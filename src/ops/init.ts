import { createLayout, parseImagePlace } from '../store/locate.ts';
import type { WriteOptions } from './options.ts';
import type { InitResult } from './results.ts';

/**
 * Makes an empty image layout (image-spec image-layout.md). A layout that is there already is left as it is.
 * Throws `conflict` where something else is in the way.
 */
export async function init(layout: string, options: WriteOptions = {}): Promise<InitResult> {
  const { path } = parseImagePlace(layout, 'write');
  await createLayout(path, options);
  return { layout: path };
}
