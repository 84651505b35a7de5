import type { BodySource } from '../codec/body-source.ts';
import { badOption, unsupported, usage } from '../errors.ts';
import type { ImageSource } from '../graph/source.ts';
import type { Image } from '../spec/objects.ts';
import { type Bundle, bundleOfRootfs, openBundle } from '../store/bundle/bundle.ts';
import { readTextFile } from '../store/disk/text-file.ts';
import { type Location, locate, type RootfsLocation } from '../store/locate.ts';
import { OpenPlaces, openImage } from '../store/open-operand.ts';
import { type Operand, subjectOf } from '../store/parse-operand.ts';
import { Pace } from '../stream/pace.ts';
import { matcher } from '../tree/glob.ts';
import { ignoreSelection } from '../tree/ignore.ts';
import type { FileNode, Path } from '../tree/node.ts';
import { overlayInParts, withoutMounts } from '../tree/overlay.ts';
import { each, type Parts } from '../tree/parts.ts';
import { shortTextOf } from '../tree/path.ts';
import type { Selection } from '../tree/selection.ts';
import { leavesOf } from '../tree/walk.ts';
import { both } from './both.ts';
import { MovingBundle } from './bundle-move.ts';
import { mapMeta, parseOwner } from './commit-edits.ts';
import type { Side } from './compare.ts';
import {
  bundleBase,
  type ComparedSide,
  checkWalked,
  completed,
  emptySide,
  imageSide,
  openRootfs,
  type RootfsSide,
  readBundle,
  readImageSide,
} from './compared-side.ts';
import type { CommitOptions, Work } from './options.ts';
import { withoutOwn } from './own-paths.ts';

/** The image that a commit is a delta over. */
export interface Base {
  readonly source: ImageSource;
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
  /** The bundle, where it moves on to the image that is made. */
  readonly moving?: MovingBundle | undefined;
  /** Whether all of the directory was looked at: nothing is mounted in it. */
  readonly isWhole: boolean;
}

type RootfsPlace = Exclude<Location, { readonly kind: 'image' }>;
type Walk = Parameters<typeof openRootfs>[1];
type Opened = Pick<CommitInput, 'base' | 'layout' | 'moving'> & { readonly sides: [ComparedSide, RootfsSide] };

/** A bundle moves on unless it is to stay, or nothing is written. */
function movingOf(bundle: Bundle, options: CommitOptions): MovingBundle | undefined {
  return options.keepBase === true || options.dryRun === true ? undefined : new MovingBundle(bundle, options);
}

/** Work that also ends when `isOver` says so: what goes on ahead of its being asked for then goes on no more. */
export function until(isOver: AbortSignal, { signal }: Work): Work {
  return { signal: signal === undefined ? isOver : AbortSignal.any([signal, isOver]) };
}

/** A directory with all owners replaced: the same files, whoever owns them here. */
function* owned(operand: RootfsSide, owner: string | undefined): Parts<RootfsSide> {
  if (owner === undefined) return operand;
  const ids = parseOwner(owner);
  const { tree, origins } = yield* mapMeta(operand.tree, meta => ({ ...meta, ...ids }));
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

/** What of a directory is compared; undefined for all of it. */
export async function selectionOf(
  options: Pick<CommitOptions, 'exclude' | 'ignoreFile' | 'signal'>,
): Promise<Selection | undefined> {
  const { exclude = [], ignoreFile, signal } = options;
  if (exclude.length === 0 && ignoreFile === undefined) return undefined;
  const isExcluded = exclude.length === 0 ? () => false : matcher(exclude);
  const kept =
    ignoreFile === undefined ? undefined : ignoreSelection(await readTextFile(ignoreFile, signal), ignoreFile);
  return {
    has: path => !isExcluded(path) && kept?.has(path) !== false,
    leads: path => !isExcluded(path) && kept?.leads(path) === true,
  };
}

async function openBase(options: CommitOptions): Promise<Base | undefined> {
  if (options.base === undefined) return undefined;
  return openImage(options.base, options);
}

async function openSides(
  { place, subject }: { readonly place: RootfsPlace; readonly subject: string },
  options: CommitOptions & { readonly selection: Selection | undefined },
): Promise<Opened> {
  const { selection, crossMounts } = options;
  const walk = { selection, crossMounts, work: options };
  const ahead = options.base !== undefined && options.squash !== true && options.trustMtime !== true;
  const given = await openBase(options);
  const readBase = async (base: Base | undefined): Promise<ComparedSide> =>
    base === undefined || options.squash === true ? emptySide : readImageSide(imageSide(base.source, base.image));
  if (options.baseDir !== undefined) {
    checkAlone(options);
    return openDirectories({ place, subject }, options.baseDir, walk);
  }
  if (place.kind !== 'bundle') {
    checkWalked([place], crossMounts);
    checkCompared(options);
    return {
      base: given,
      sides: await both(
        () => readBase(given),
        () => openRootfs(place, { ahead, ...walk }),
      ),
      layout: undefined,
    };
  }
  const bundle = openBundle(place.directory);
  const moving = movingOf(bundle, options);
  const base = given ?? (await bundleBase(bundle, options));
  const isOwn = base.image.manifest.descriptor.digest === bundle.manifest.digest;
  const readOwn = { isOwn: isOwn && options.squash !== true, ...walk };
  const [lower, upper] = await readBundle(bundle, () => readBase(base), readOwn);
  return { base, sides: [lower, upper], layout: bundle.layout, moving };
}

/** What a root filesystem that is no bundle is compared with is what `base` says. */
function checkCompared({ base, keepBase, squash, trustMtime }: CommitOptions): void {
  if (keepBase === true) throw badOption('keepBase', 'expected a bundle, got another root filesystem');
  if (base !== undefined) return;
  for (const [name, value] of Object.entries({ squash, trustMtime }))
    if (value === true) throw badOption(name, 'expected a bundle, or option base beside it, got neither');
}

function checkAlone({ base, squash, keepBase }: CommitOptions): void {
  for (const [name, value] of Object.entries({ base, squash, keepBase }))
    if (value !== undefined && value !== false) throw badOption(name, 'expected no option baseDir beside it, got both');
}

/** What overlayfs has in the place of what a layer hides. */
function* checkNoUpper({ tree }: RootfsSide, subject: string): Parts<void> {
  yield* each(leavesOf(tree), ([path, node]) => {
    if (node.kind !== 'device' || node.type !== 'char' || node.major !== 0 || node.minor !== 0) return;
    const got = `an upper directory of overlayfs, where '/${shortTextOf(path)}' is hidden by a device 0:0`;
    throw unsupported(subject, 'a whole root filesystem', got);
  });
}

/** Two root filesystems, the second of which is what the first was: no image is a base of theirs. */
async function openDirectories(
  { place, subject }: { readonly place: RootfsPlace; readonly subject: string },
  baseDir: Operand,
  walk: Walk,
): Promise<Opened> {
  const below = await locate(baseDir, new OpenPlaces(walk.work));
  if (below.kind === 'image')
    throw usage(subjectOf(baseDir), 'expected a root filesystem, got an image', 'give option base');
  checkWalked([place, below], walk.crossMounts);
  const [lower, upper] = await both(
    () => openRootfs(rootfsOf(below), walk),
    () => openRootfs(rootfsOf(place), walk),
  );
  const pace = new Pace(walk.work.signal);
  await pace.run(checkNoUpper(upper, subject));
  const tree = await pace.run(withoutMounts(upper.tree, lower.tree, lower.mounts));
  return { base: undefined, sides: [{ ...lower, tree }, upper], layout: undefined };
}

/** A bundle's root filesystem is one as any other here. */
const rootfsOf = (place: RootfsPlace): RootfsLocation =>
  place.kind === 'bundle' ? { kind: 'rootfs', directory: openBundle(place.directory).rootfs } : place;

/** What is not taken of a bundle of which only the root filesystem is named, with nothing to compare it with. */
function bundleWarnings(place: RootfsPlace, { base, baseDir }: CommitOptions): readonly string[] {
  if (place.kind !== 'rootfs' || base !== undefined || baseDir !== undefined) return [];
  const bundle = bundleOfRootfs(place.directory);
  if (bundle === undefined) return [];
  return [`${place.directory} is taken alone, without base and config of the bundle that it is a part of: ${bundle}`];
}

/** Opens what a commit reads: the directory as it is to be compared, without what is `written` in it meanwhile, and its base. */
export async function openCommit(
  rootfs: Operand,
  options: CommitOptions,
  written: readonly string[],
): Promise<CommitInput> {
  const [place, subject] = [await locate(rootfs, new OpenPlaces(options)), subjectOf(rootfs)];
  if (place.kind === 'image') throw usage(subject, 'expected a root filesystem or a bundle, got an image');
  const all = { selection: await selectionOf(options), warnings: [] };
  const { selection, warnings: own } =
    place.kind === 'rootfs' ? withoutOwn(place.directory, { ...all, written, what: 'root filesystem' }) : all;
  const { base, sides, layout, moving } = await openSides({ place, subject }, { ...options, selection });
  const before = sides[0];
  const pace = new Pace(options.signal);
  const directory = await pace.run(owned(sides[1], options.owner));
  const whole = await pace.run(withoutMounts(before.tree, directory.tree, directory.mounts));
  const isOut = (path: Path): boolean => selection?.has(path) === false;
  const left = selection === undefined ? whole : await pace.run(overlayInParts(before.tree, whole, isOut));
  const { tree, warnings: said } = await pace.run(completed(before, { ...directory, tree: left }));
  const { mounts } = directory;
  const warnings = [...bundleWarnings(place, options), ...own, ...directory.warnings, ...said];
  const isWhole = mounts === undefined || mounts.size === 0;
  return { base, before, after: { ...directory, tree }, bodies: directory, warnings, layout, moving, isWhole };
}
