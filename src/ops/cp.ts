import type { Bytes } from '../engine/engine.ts';
import { badOption, OciError, usage } from '../errors.ts';
import { placeOfCopy } from '../store/disk/copy-place.ts';
import { type InnerPath, parseInnerPath } from '../store/inner-path.ts';
import { pathOfOperand } from '../store/locate.ts';
import { mergeCopy, putCopy } from '../store/rootfs/copy-out.ts';
import { ownOwner } from '../store/rootfs/powers.ts';
import { ownChunks } from '../stream/own-chunks.ts';
import { Pace } from '../stream/pace.ts';
import { type ByteString, emptyTree, type Node, type Tree } from '../tree/node.ts';
import { bytesOf, nameOf } from '../tree/path.ts';
import { innerPath } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import { mapMeta } from './commit-edits.ts';
import { findIn, type Look, lookInto } from './look.ts';
import type { CpOptions } from './look-options.ts';
import type { CpResult } from './look-results.ts';
import { pathFields } from './view.ts';

/** What the root is called where it is copied into a directory or a tar. */
const rootName = 'rootfs';

interface Source {
  readonly look: Look;
  readonly found: ReturnType<typeof findIn>;
  readonly name: ByteString;
  /** The path of the place on the disk. */
  readonly reads: string;
  /** Whether what is in a directory is meant, and not it itself. */
  readonly contents: boolean;
}

/** Where a copy would go into an image, which is another verb's. */
function checkOutward(from: InnerPath, target: string): void {
  const parse = (text: InnerPath): ReturnType<typeof parseInnerPath> | undefined => {
    try {
      return parseInnerPath(text);
    } catch {
      return undefined;
    }
  };
  const into = parse(target);
  if (typeof from !== 'string' || parse(from) !== undefined || typeof into?.rootfs !== 'string') return;
  const hint = '`ocikit append` puts a file into an image';
  throw usage(from, 'expected IMAGE:PATH to copy from, got an image to copy into', hint);
}

async function openSource(from: InnerPath, options: CpOptions): Promise<Source> {
  const { rootfs, path } = parseInnerPath(from);
  const look = await lookInto(rootfs, options);
  const found = findIn(look, path, options.followLink === true ? 'followed' : 'kept');
  const contents = path.endsWith('/.') || found.path === '';
  const reads = pathOfOperand(rootfs);
  return { look, found, reads, name: found.path === '' ? rootName : nameOf(found.path), contents };
}

const treeOf = (name: ByteString, node: Node): Tree => ({ ...emptyTree(), children: new Map([[name, node]]) });

const setIds = 0o6000;

/** The same files as this process would have made them: its own, and no set-id bits. */
async function asOwn(tree: Tree, { signal }: CpOptions): Promise<Tree> {
  const { uid, gid } = ownOwner();
  const mapped = mapMeta(tree, meta => ({ ...meta, uid, gid, mode: meta.mode & ~setIds }));
  return (await new Pace(signal).run(mapped)).tree;
}

const nameOnDisk = (name: ByteString): string => Buffer.from(bytesOf(name)).toString('utf8');

/**
 * A file or a directory of an image, a bundle, a directory or a tar as a tar that has it at its top, under its own name, with
 * owners and modes as they are. Throws `not-found` where it is not there.
 */
export async function cpStream(
  from: InnerPath,
  options: CpOptions = {},
): Promise<CpResult & { readonly bytes: Bytes }> {
  checkCall('cpStream', { from: [innerPath, from] }, options);
  const { look, found, name } = await openSource(from, options);
  const bytes = ownChunks(look.tarOf(treeOf(name, found.node)));
  return { ...pathFields(found.path), target: null, warnings: look.warnings, bytes };
}

/**
 * Copies a file or a directory out of an image, a bundle, a directory or a tar, as `docker cp` does: into `target` where that is a directory (what is in
 * it only, for a path that ends in `/.`), else as `target`. Symbolic links above the path are followed inside; the last one
 * with `followLink`. Files are this user's and have no set-id bits unless `archive`. Nothing is there until all of it is. Throws `not-found`,
 * and `conflict` where something but a file for a file is in the way, unless `force` is given, or `merge` and a directory meets a directory.
 */
export async function cp(from: InnerPath, target: string, options: CpOptions = {}): Promise<CpResult> {
  checkCall('cp', { from: [innerPath, from], target: ['target', target] }, options);
  if (options.merge === true && options.force === true)
    throw badOption('merge', 'expected no option force beside it, got both');
  checkOutward(from, target);
  const { look, found, reads, name, contents } = await openSource(from, options);
  const isDirectory = found.node.kind === 'directory';
  const { place, replaces, there } = placeOfCopy(target, { name: nameOnDisk(name), isDirectory, contents });
  const isMerged = options.merge === true && there === 'directory';
  if (isMerged && !isDirectory) throw new OciError('conflict', place, 'expected a place for a file, got a directory');
  const tree = treeOf(isMerged ? rootName : name, found.node);
  const tar = look.tarOf(options.archive === true ? tree : await asOwn(tree, options));
  const force = options.force === true || replaces || (options.merge === true && !isDirectory);
  const warnings =
    isMerged && found.node.kind === 'directory'
      ? await mergeCopy(tar, { place, name: rootName, node: found.node, work: options })
      : await putCopy(tar, { place, name, force, isDirectory, reads, work: options });
  return { ...pathFields(found.path), target: place, warnings: [...look.warnings, ...warnings] };
}
