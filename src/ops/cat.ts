import type { Bytes } from '../engine/engine.ts';
import { invalid, usage } from '../errors.ts';
import type { Keeping } from '../graph/kept-bodies.ts';
import { type Operand, subjectOf } from '../store/parse-operand.ts';
import { ownChunks } from '../stream/own-chunks.ts';
import { encodeText, parsePath, textOf } from '../tree/path.ts';
import { path, severalOf } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import { findIn, type Look, lookInto } from './look.ts';
import type { CatResult } from './look-results.ts';
import type { ReadOptions } from './options.ts';
import type { PlacedFile } from './placed-file.ts';
import { allOf, type Several } from './several.ts';
import { typeOf } from './view.ts';

function openFile(look: Look, path: string): PlacedFile {
  const { path: place, node } = findIn(look, path, 'followed');
  if (node.kind === 'file') return { path: place, node };
  throw invalid(`${look.subject}: /${textOf(place)}`, 'a file', `a ${typeOf(node)}`);
}

/** Bytes of a file that is kept in memory while its layer is read. */
const mostKept = 16 << 20;

/** Files where they are asked for. What lies elsewhere, or is large, is read for itself. */
function keepingFiles(paths: readonly string[], subject: string): Keeping {
  const asked = new Set(paths.map(path => parsePath(encodeText(path), subject)));
  return (path, { size }) => (size <= mostKept && asked.has(path) ? {} : undefined);
}

/**
 * The contents of files of an image, a bundle, a directory or a tar, one after the other as they are named; symbolic links are
 * followed inside it. An image's layers are read and proved first; a file that is large, or lies behind a symbolic link, is then read
 * again, its layer only as far as that. Throws `not-found`, and `invalid` for what is no file, before the first byte.
 */
export async function catStream(
  rootfs: Operand,
  paths: Several<string>,
  options: ReadOptions = {},
): Promise<CatResult & { readonly bytes: Bytes }> {
  checkCall('catStream', { rootfs: ['operand', rootfs], paths: [severalOf(path), paths] }, options);
  const all = allOf(paths);
  if (all.length === 0) throw usage('paths', 'expected a path at least, got none');
  const look = await lookInto(rootfs, options, keepingFiles(all, subjectOf(rootfs)));
  const files = all.map(path => openFile(look, path));
  const size = files.reduce((sum, { node }) => sum + node.size, 0);
  return { size, warnings: look.warnings, bytes: ownChunks(look.bytesOf(files)) };
}
