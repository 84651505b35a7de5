import { remembered } from '../spec/remembered.ts';
import type { Node, Path } from '../tree/node.ts';
import { exactTextOf } from '../tree/path.ts';
import type { FileRow } from './look-results.ts';
import { modeText, pathFields, timeText, viewOf } from './view.ts';

/** What a row says beside the file itself. */
type Facts = Pick<FileRow, 'user' | 'group' | 'links' | 'layer'>;

/**
 * Makes the rows of one list. Nearly all are of files and directories that have nothing odd: written out they are objects of one
 * shape, which take a fifth of the memory and of the time of what is put together of others, and there may be a million.
 */
export function rowMaker(): (path: Path, node: Node, facts: Facts) => FileRow {
  const [modeOf, timeOf] = [remembered(modeText), remembered(timeText)];
  return (path, node, { user, group, links, layer }) => {
    const { uid, gid, xattrs } = node.meta;
    const text = xattrs.size === 0 ? exactTextOf(`/${path}`) : undefined;
    const [mode, mtime] = [modeOf(node.meta.mode), timeOf(node.meta.mtime)];
    if (text !== undefined && node.kind === 'file')
      return { path: text, type: 'file', mode, uid, gid, mtime, size: node.size, user, group, links, layer };
    if (text !== undefined && node.kind === 'directory')
      return { path: text, type: 'directory', mode, uid, gid, mtime, user, group, links, layer };
    return { ...pathFields(path), ...viewOf(node), user, group, links, layer };
  };
}
