import { invalid } from '../errors.ts';
import type { ByteString, LayerEntry, Path } from './node.ts';
import { joinPath, nameOf, parentOf, shortTextOf } from './path.ts';

const prefix = '.wh.';
const opaqueName = '.wh..wh..opq';
/** AUFS kept its own state under such names; every engine skips them. */
const aufsPrefix = '.wh..wh.';

/** Whether image-spec layer.md keeps this name for whiteouts, so that no real file may have it. */
export function isReservedName(name: ByteString): boolean {
  return name.startsWith(prefix);
}

/** Whether a member of that name hides something, whatever it is: AUFS's own are passed over. */
export function isWhiteoutName(name: ByteString): boolean {
  return isReservedName(name) && (name === opaqueName || !name.startsWith(aufsPrefix));
}

function hiddenBy(path: Path, marker: ByteString): ByteString {
  const hidden = marker.slice(prefix.length);
  if (hidden === '' || hidden === '.' || hidden === '..') {
    throw invalid(shortTextOf(path), 'a whiteout of a sibling by its name', `'${marker}'`);
  }
  return hidden;
}

/**
 * What a layer's member of this path hides, or undefined for an ordinary path (image-spec layer.md, "Whiteouts").
 * AUFS's own names become whiteouts of names that cannot exist: they change nothing.
 *
 * @throws `invalid` for a whiteout of nothing, of `.` or of `..`, and for a path through a whiteout.
 */
export function decodeWhiteout(path: Path): LayerEntry | undefined {
  if (!path.includes(prefix)) return undefined;
  const names = path.split('/');
  const at = names.findIndex(isReservedName);
  const marker = names[at];
  if (marker === undefined) return undefined;
  const parent = names.slice(0, at).join('/');
  if (marker === opaqueName && at === names.length - 1) return { kind: 'opaque', path: parent };
  if (!marker.startsWith(aufsPrefix) && at < names.length - 1) {
    throw invalid(shortTextOf(path), 'no directory with the name of a whiteout', `'${shortTextOf(marker)}'`);
  }
  return { kind: 'whiteout', path: joinPath(parent, hiddenBy(path, marker)) };
}

/** The path of the empty file that stands for a whiteout in a layer. */
export function encodeWhiteout(entry: LayerEntry & { readonly kind: 'whiteout' | 'opaque' }): Path {
  if (entry.kind === 'opaque') return joinPath(entry.path, opaqueName);
  return joinPath(parentOf(entry.path), prefix + nameOf(entry.path));
}
