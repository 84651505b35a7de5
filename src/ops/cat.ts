import type { Bytes } from '../engine/engine.ts';
import { invalid, usage } from '../errors.ts';
import type { Operand } from '../store/parse-operand.ts';
import { textOf } from '../tree/path.ts';
import { path, severalOf } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import { findIn, type Look, lookInto } from './look.ts';
import type { CatResult } from './look-results.ts';
import type { ReadOptions } from './options.ts';
import type { PlacedFile } from './rootfs-bodies.ts';
import { allOf, type Several } from './several.ts';
import { typeOf } from './view.ts';

function openFile(look: Look, path: string): PlacedFile {
  const { path: place, node } = findIn(look, path, 'followed');
  if (node.kind === 'file') return { path: place, node };
  throw invalid(`${look.subject}: /${textOf(place)}`, 'a file', `a ${typeOf(node)}`);
}

/**
 * The contents of files of an image, a bundle, a directory or a tar, one after the other as they are named; symbolic links are
 * followed inside it. An image's layers are read and proved first; then those that have the files are read again, each only as far
 * as its last file. A chunk is valid until the next. Throws `not-found`, and `invalid` for what is no file, before the first byte.
 */
export async function catStream(
  rootfs: Operand,
  paths: Several<string>,
  options: ReadOptions = {},
): Promise<CatResult & { readonly bytes: Bytes }> {
  checkCall('catStream', { rootfs: ['operand', rootfs], paths: [severalOf(path), paths] }, options);
  const all = allOf(paths);
  if (all.length === 0) throw usage('paths', 'expected a path at least, got none');
  const look = await lookInto(rootfs, options);
  const files = all.map(path => openFile(look, path));
  const size = files.reduce((sum, { node }) => sum + node.size, 0);
  return { size, warnings: look.warnings, bytes: look.bytesOf(files) };
}
