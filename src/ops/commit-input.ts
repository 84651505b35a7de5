import type { BodySource } from '../codec/body-source.ts';
import { usage } from '../errors.ts';
import type { Image } from '../spec/objects.ts';
import { openBundle } from '../store/bundle.ts';
import { openImage, openPlace } from '../store/locate.ts';
import type { ImageStore } from '../store/place.ts';
import { readTextFile } from '../store/text-file.ts';
import { matcher } from '../tree/glob.ts';
import { ignoreMatcher } from '../tree/ignore.ts';
import type { FileNode, Path } from '../tree/node.ts';
import { overlay } from '../tree/overlay.ts';
import { mapMeta, parseOwner } from './commit-edits.ts';
import type { Side } from './compare.ts';
import {
  bundleBase,
  type DirectoryOperand,
  emptyOperand,
  imageOperand,
  type Operand,
  openDirectory,
  readBundle,
  readImageOperand,
} from './operand.ts';
import type { CommitOptions } from './options.ts';

/** The image that a commit is a delta over. */
export interface Base {
  readonly store: ImageStore;
  readonly image: Image;
}

/** What a commit compares, and where file bodies are read. */
export interface CommitInput {
  readonly base: Base | undefined;
  readonly before: Side;
  readonly after: Side;
  readonly bodies: BodySource;
  readonly warnings: readonly string[];
  /** The layout of a bundle. */
  readonly layout: string | undefined;
}

/** A directory with all owners replaced: the same files, whoever owns them here. */
function owned(operand: DirectoryOperand, owner: string | undefined): DirectoryOperand {
  if (owner === undefined) return operand;
  const ids = parseOwner(owner);
  const { tree, origins } = mapMeta(operand.tree, meta => ({ ...meta, ...ids }));
  const originOf = (file: FileNode): FileNode => origins.get(file) ?? file;
  return {
    ...operand,
    tree,
    async digests(files) {
      const found = await operand.digests(new Set([...files].map(originOf)));
      return new Map([...files].map(file => [file, found.get(originOf(file)) ?? ''] as const));
    },
    body: (path, node) => operand.body(path, originOf(node)),
  };
}

function exclusion(options: CommitOptions): ((path: Path) => boolean) | undefined {
  const globs = options.exclude ?? [];
  const byGlob = globs.length === 0 ? undefined : matcher(globs);
  const byFile =
    options.ignoreFile === undefined ? undefined : ignoreMatcher(readTextFile(options.ignoreFile), options.ignoreFile);
  if (byGlob === undefined && byFile === undefined) return undefined;
  return path => byGlob?.(path) === true || byFile?.(path) === true;
}

async function openBase(options: CommitOptions): Promise<Base | undefined> {
  if (options.base === undefined) return undefined;
  const { platform, hostPlatform } = options;
  return openImage(options.base, {
    ...(platform === undefined ? {} : { platform }),
    ...(hostPlatform === undefined ? {} : { hostPlatform }),
  });
}

async function openSides(
  rootfs: string,
  options: CommitOptions,
): Promise<{ base: Base | undefined; sides: [Operand, DirectoryOperand]; layout: string | undefined }> {
  const place = openPlace(rootfs);
  const ahead = options.base !== undefined && options.squash !== true && options.trustMtime !== true;
  if (place.kind === 'layout') throw usage(rootfs, 'expected a directory or a bundle, got an image layout');
  const given = await openBase(options);
  const readBase = async (base: Base | undefined): Promise<Operand> =>
    base === undefined || options.squash === true
      ? emptyOperand
      : readImageOperand(imageOperand(base.store, base.image, options));
  if (place.kind === 'rootfs') {
    return {
      base: given,
      sides: await Promise.all([readBase(given), openDirectory(place.directory, { ahead })]),
      layout: undefined,
    };
  }
  const bundle = openBundle(place.directory);
  const base = given ?? (await bundleBase(bundle));
  const isOwn = base.image.manifest.descriptor.digest === bundle.manifest.digest;
  const [lower, upper] = await readBundle(bundle, () => readBase(base), isOwn && options.squash !== true);
  return { base, sides: [lower, upper], layout: bundle.layout };
}

/** Opens what a commit reads: the directory as it is to be compared, and its base. */
export async function openCommit(rootfs: string, options: CommitOptions): Promise<CommitInput> {
  const excluded = exclusion(options);
  const { base, sides, layout } = await openSides(rootfs, options);
  const before = sides[0];
  const directory = owned(sides[1], options.owner);
  const tree = excluded === undefined ? directory.tree : overlay(before.tree, directory.tree, excluded);
  return { base, before, after: { ...directory, tree }, bodies: directory, warnings: directory.warnings, layout };
}
