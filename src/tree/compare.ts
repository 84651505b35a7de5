import type { Reason } from './change.ts';
import type { FileNode, Node } from './node.ts';
import { textOf } from './path.ts';
import { secondsOf } from './time.ts';
import { differingXattrs } from './xattrs.ts';

/** What counts as a difference, and what is known of contents that only reading tells apart. */
export interface DiffOptions {
  /** Aspects that do not count. */
  readonly ignore?: ReadonlySet<Reason['aspect']>;
  /** Digests of contents, for at least the files of `contentCandidates`. */
  readonly digests?: ReadonlyMap<FileNode, string>;
  /** Files of one size and one mtime (whole seconds) hold the same; other files without digests do not. */
  readonly trustMtime?: boolean;
  /** Files that are the same objects in both trees and were written anew for the second: none is told from a copy of it. */
  readonly anew?: ReadonlySet<Node>;
}

function isSameSecond(before: Node, after: Node): boolean {
  const [was, is] = [before.meta.mtime, after.meta.mtime];
  return was === is || secondsOf(was) === secondsOf(is);
}

function timeText(node: Node): string {
  const seconds = Number(secondsOf(node.meta.mtime));
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds}` : date.toISOString().replace('.000Z', 'Z');
}

const modeText = (node: Node): string => node.meta.mode.toString(8).padStart(4, '0');
const ownerText = (node: Node): string => `${node.meta.uid}:${node.meta.gid}`;

function typeText(node: Node): string {
  return node.kind === 'device' ? `${node.type} device` : node.kind;
}

/** Whether two identities name one content, so that nobody has to read it. */
export function isSameContent(before: FileNode, after: FileNode): boolean {
  const [was, is] = [before.content, after.content];
  return before.size === after.size && (before.size === 0 || (was.source === is.source && was.member === is.member));
}

const digestOf = (file: FileNode, options: DiffOptions): string | undefined => options.digests?.get(file) || undefined;

/** The hexadecimal part's first twelve digits; nothing where no digest is known. */
function digestText(file: FileNode, options: DiffOptions): string {
  return (digestOf(file, options) ?? '').replace(/^.*:/, '').slice(0, 12);
}

function hasOtherContent(before: FileNode, after: FileNode, options: DiffOptions): boolean {
  if (isSameContent(before, after)) return false;
  const [was, is] = [digestOf(before, options), digestOf(after, options)];
  if (was !== undefined && is !== undefined) return was !== is;
  if (options.trustMtime === true) return !isSameSecond(before, after);
  throw new Error('diff: a digest of every content candidate is needed');
}

/** Other sizes are other contents, and say more than two digests would. */
function* fileReasons(before: FileNode, after: FileNode, options: DiffOptions): Generator<Reason> {
  if (options.ignore?.has('content') === true) return;
  if (before.size !== after.size) yield { aspect: 'size', before: `${before.size}`, after: `${after.size}` };
  else if (hasOtherContent(before, after, options)) {
    yield { aspect: 'content', before: digestText(before, options), after: digestText(after, options) };
  }
}

function* kindReasons(before: Node, after: Node, options: DiffOptions): Generator<Reason> {
  if (typeText(before) !== typeText(after)) {
    yield { aspect: 'type', before: typeText(before), after: typeText(after) };
  } else if (before.kind === 'file' && after.kind === 'file') {
    yield* fileReasons(before, after, options);
  } else if (before.kind === 'symlink' && after.kind === 'symlink' && before.target !== after.target) {
    yield { aspect: 'target', before: textOf(before.target), after: textOf(after.target) };
  } else if (before.kind === 'device' && after.kind === 'device') {
    const [was, is] = [`${before.major}:${before.minor}`, `${after.major}:${after.minor}`];
    if (was !== is) yield { aspect: 'device', before: was, after: is };
  }
}

function* metaReasons(before: Node, after: Node): Generator<Reason> {
  // A symbolic link has no mode of its own: archives write what they like.
  const hasModes = before.kind !== 'symlink' && after.kind !== 'symlink';
  if (hasModes && before.meta.mode !== after.meta.mode) {
    yield { aspect: 'mode', before: modeText(before), after: modeText(after) };
  }
  if (before.meta.uid !== after.meta.uid || before.meta.gid !== after.meta.gid) {
    yield { aspect: 'owner', before: ownerText(before), after: ownerText(after) };
  }
  const names = differingXattrs(before.meta.xattrs, after.meta.xattrs);
  if (names.length > 0) {
    const present = (node: Node): string =>
      names
        .filter(name => node.meta.xattrs.has(name))
        .map(textOf)
        .join(' ');
    yield { aspect: 'xattr', before: present(before), after: present(after) };
  }
  const hasTimes = before.kind !== 'directory' && after.kind !== 'directory';
  if (hasTimes && !isSameSecond(before, after))
    yield { aspect: 'mtime', before: timeText(before), after: timeText(after) };
}

/** Why two nodes of one path differ, hardlinks aside. */
export function reasonsOf(before: Node, after: Node, options: DiffOptions): Reason[] {
  if (before === after) return [];
  const reasons = [...kindReasons(before, after, options), ...metaReasons(before, after)];
  return options.ignore === undefined ? reasons : reasons.filter(reason => options.ignore?.has(reason.aspect) !== true);
}
