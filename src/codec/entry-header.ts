import { invalid } from '../errors.ts';
import type { FileNode, LayerEntry, Meta, Node, Path } from '../tree/node.ts';
import { noXattrs } from '../tree/node.ts';
import { shortTextOf } from '../tree/path.ts';
import { secondsOf, wholeSeconds } from '../tree/time.ts';
import { encodeWhiteout } from '../tree/whiteout.ts';
import { imageXattrs } from '../tree/xattrs.ts';
import { encodeHeader, type HeaderFields } from './tar-writer.ts';

/** How a layer has times: in whole seconds, as engines write them, or as they are. */
export type Times = 'seconds' | 'exact';

/** Fields of a member that is no file, link or device; spelled out, since spreading objects would take half of the writer's time. */
function plainFields(typeflag: HeaderFields['typeflag'], path: Path, meta: Meta): HeaderFields {
  const { mode, uid, gid } = meta;
  return {
    typeflag,
    path,
    link: '',
    mode,
    uid,
    gid,
    size: 0,
    mtime: Number(secondsOf(meta.mtime)),
    nanoseconds: 0,
    major: 0,
    minor: 0,
    xattrs: imageXattrs(meta.xattrs),
  };
}

function fileFields(path: Path, { meta, size }: FileNode): HeaderFields {
  const { mode, uid, gid } = meta;
  return {
    typeflag: '0',
    path,
    link: '',
    mode,
    uid,
    gid,
    size,
    mtime: Number(secondsOf(meta.mtime)),
    nanoseconds: 0,
    major: 0,
    minor: 0,
    xattrs: imageXattrs(meta.xattrs),
  };
}

function nodeFields(path: Path, node: Node): HeaderFields {
  switch (node.kind) {
    case 'file':
      return fileFields(path, node);
    case 'directory':
      return plainFields('5', path === '' ? './' : `${path}/`, node.meta);
    case 'symlink':
      return { ...plainFields('2', path, node.meta), link: node.target };
    case 'device':
      return {
        ...plainFields(node.type === 'char' ? '3' : '4', path, node.meta),
        major: node.major,
        minor: node.minor,
      };
    case 'fifo':
      return plainFields('6', path, node.meta);
  }
}

const markerMeta: Meta = { mode: 0, uid: 0, gid: 0, mtime: 0n, xattrs: noXattrs };

function fieldsOf(entry: LayerEntry, files: Map<Path, Meta>): HeaderFields {
  if (entry.kind === 'node') {
    if (entry.node.kind !== 'directory') files.set(entry.path, entry.node.meta);
    return nodeFields(entry.path, entry.node);
  }
  if (entry.kind === 'hardlink') {
    const meta = files.get(entry.target);
    if (meta === undefined) {
      throw invalid(
        `/${shortTextOf(entry.path)}`,
        'a hardlink to a file earlier in the layer',
        `'${shortTextOf(entry.target)}'`,
      );
    }
    return { ...plainFields('1', entry.path, meta), link: entry.target, xattrs: noXattrs };
  }
  return plainFields('0', encodeWhiteout(entry), markerMeta);
}

/** The same with the part of a second that a time has. */
function exactly(fields: HeaderFields, { mtime }: Meta): HeaderFields {
  const nanoseconds = Number(mtime - wholeSeconds(mtime));
  return nanoseconds === 0 ? fields : { ...fields, nanoseconds };
}

/**
 * The header of an entry, without the host's extended attributes; a hardlink repeats the attributes of its file, as GNU tar does. `files` remembers those that have
 * been written. Throws `invalid` for a hardlink to a file that has not, and `unsupported` for what a tar cannot say.
 */
export function entryHeader(entry: LayerEntry, files: Map<Path, Meta>, times: Times = 'seconds'): Uint8Array {
  const fields = fieldsOf(entry, files);
  const isExact = times === 'exact' && (entry.kind === 'node' || entry.kind === 'hardlink');
  const meta = !isExact ? undefined : entry.kind === 'node' ? entry.node.meta : files.get(entry.target);
  return encodeHeader(meta === undefined ? fields : exactly(fields, meta));
}
