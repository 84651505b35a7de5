import { isAdded } from '../codec/estargz-names.ts';
import { badOption } from '../errors.ts';
import { diffConfigs } from '../image/config-diff.ts';
import { diffManifests } from '../image/manifest-diff.ts';
import type { Image } from '../spec/objects.ts';
import { Pace } from '../stream/pace.ts';
import type { Change, Reason } from '../tree/change.ts';
import { beforeOf, type ChangeBytes, changeBytes, isGoneDirectory } from '../tree/change-bytes.ts';
import { byPath } from '../tree/diff.ts';
import { globSelection, matcher } from '../tree/glob.ts';
import type { Path, Tree } from '../tree/node.ts';
import { withoutMounts } from '../tree/overlay.ts';
import { each, type Parts } from '../tree/parts.ts';
import { joinPath } from '../tree/path.ts';
import { restrict, type Selection } from '../tree/selection.ts';
import { compareSides } from './compare.ts';
import { type ComparedSide, type ComparedTree, completed } from './compared-side.ts';
import type { TextView } from './diff-results.ts';
import { type FoundRenames, findRenames, noRenames } from './find-renames.ts';
import type { DiffOptions } from './options.ts';
import { renamedRow } from './renamed-row.ts';
import type { ConfigRow, DiffResult, DiffRow } from './results.ts';
import { checkWarnings } from './strict.ts';
import { textsOf, withDeletedFiles } from './text-rows.ts';
import { rowOf } from './view.ts';

const aspects: readonly Reason['aspect'][] = [
  'type',
  'content',
  'size',
  'mode',
  'owner',
  'device',
  'target',
  'xattr',
  'links',
  'mtime',
];

function ignoredAspects(options: DiffOptions): ReadonlySet<Reason['aspect']> {
  const ignored = new Set<Reason['aspect']>(options.semantic === true ? ['mtime'] : []);
  for (const word of (options.ignore ?? []).flatMap(list => list.split(','))) {
    const aspect = aspects.find(known => known === word || `${known}s` === word);
    if (aspect === undefined) throw badOption('ignore', `expected ${aspects.join(', ')}, got '${word}'`);
    ignored.add(aspect);
  }
  return ignored;
}

/** Fields that say how the image was made and not what it does; the last four are of docker's old builders. */
const provenance = /^\/(created|history|author|rootfs|docker_version|container|container_config|parent)(\/|$)/;

const isBehaviour = ({ field }: ConfigRow): boolean => !provenance.test(field);

function configRows(before: Image | undefined, after: Image | undefined, options: DiffOptions): readonly ConfigRow[] {
  if (options.config !== true && options.semantic !== true) return [];
  if (before === undefined || after === undefined) {
    if (options.config !== true) return [];
    throw badOption('config', 'expected two images, got a directory, which has no config');
  }
  const rows = diffConfigs(before.config.value, after.config.value);
  return options.semantic === true ? rows.filter(isBehaviour) : rows;
}

function manifestRows(before: Image | undefined, after: Image | undefined, options: DiffOptions): readonly ConfigRow[] {
  if (options.manifest !== true) return [];
  if (before === undefined || after === undefined)
    throw badOption('manifest', 'expected two images, got a directory, which has no manifest');
  return diffManifests(before.manifest, after.manifest);
}

/** What is known of changes beside themselves. */
interface Seen extends Pick<FoundRenames, 'renames'> {
  readonly ignore: ReadonlySet<Reason['aspect']>;
  readonly texts: ReadonlyMap<Path, TextView>;
  readonly bytes: ChangeBytes | undefined;
}

/** Bytes before and after of a path that may have been another; no field where nobody asked. */
const bytesField = (bytes: ChangeBytes | undefined, path: Path, from = path): Pick<DiffRow, 'bytes'> =>
  bytes === undefined ? {} : { bytes: { before: bytes.before.get(from) ?? 0, after: bytes.after.get(path) ?? 0 } };

/** Rows that are listed: a file that was renamed is one, where it is now. */
function* rowsOf(changes: readonly Change[], { renames, ignore, texts, bytes }: Seen): Parts<readonly DiffRow[]> {
  const rows: DiffRow[] = [];
  const sources = new Set<Path>();
  yield* each(renames, ([, { from }]) => void sources.add(from.path));
  yield* each(changes, change => {
    if (change.kind === 'delete' && sources.has(change.path)) return;
    const rename = renames.get(change.path);
    const row = rename === undefined ? rowOf(change) : renamedRow(rename, ignore);
    const text = texts.get(change.path);
    rows.push({
      ...row,
      ...(text === undefined ? {} : { text }),
      ...bytesField(bytes, change.path, rename?.from.path),
    });
  });
  return rows;
}

/** What is kept of a directory that is gone and is not kept itself: the uppermost paths, each as a change of its own. */
function* goneBelow(change: Change, keeps: (path: Path) => boolean): Parts<readonly Change[]> {
  const kept: Change[] = [];
  const left = isGoneDirectory(change) ? [{ path: change.path, node: beforeOf(change) }] : [];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { path: above, node } = next;
    yield* each(node?.kind === 'directory' ? node.children : [], ([name, before]) => {
      const path = joinPath(above, name);
      if (keeps(path)) kept.push({ kind: 'delete', path, before, reasons: [] });
      else if (before.kind === 'directory') left.push({ path, node: before });
    });
  }
  return kept;
}

/** What is listed: what was selected, and with `semantic` not what eStargz adds to a tar, which is of the form and not of the files. */
function* selected(changes: readonly Change[], keeps: (path: Path) => boolean): Parts<readonly Change[]> {
  const [kept, below]: [Change[], Change[]] = [[], []];
  const others: Change[] = [];
  yield* each(changes, change => void (keeps(change.path) ? kept : others).push(change));
  for (const change of others) for (const gone of yield* goneBelow(change, keeps)) below.push(gone);
  // Changes come sorted.
  return below.length === 0 ? kept : yield* byPath(new Map([...kept, ...below].map(change => [change.path, change])));
}

/** What is compared of two root filesystems: mounts that one of them did not walk, and devices that nobody could make there, are as the other has them. */
export function* comparedTrees(
  lower: ComparedTree,
  upper: ComparedTree,
  selection: Selection | undefined,
): Parts<{ readonly before: Tree; readonly after: Tree; readonly warnings: readonly string[] }> {
  const wanted = function* (tree: Tree): Parts<Tree> {
    return selection === undefined ? tree : yield* restrict(tree, selection);
  };
  const mounted = yield* withoutMounts(upper.tree, lower.tree, lower.mounts);
  const after = yield* wanted(yield* withoutMounts(mounted, upper.tree, upper.mounts));
  const before = yield* completed({ ...upper, tree: after }, { ...lower, tree: yield* wanted(mounted) });
  const whole = yield* completed({ ...lower, tree: before.tree }, { ...upper, tree: after });
  return { before: before.tree, after: whole.tree, warnings: [...before.warnings, ...whole.warnings] };
}

/** What is compared, and how. */
interface Comparison {
  readonly ignore: ReadonlySet<Reason['aspect']>;
  readonly selection: Selection | undefined;
  readonly options: DiffOptions;
}

/** What the options ask for. Throws `usage`. */
export function comparisonOf(options: DiffOptions): Comparison {
  const ignore = ignoredAspects(options);
  const paths = options.paths ?? [];
  return { ignore, selection: paths.length === 0 ? undefined : globSelection(paths), options };
}

/** What differs between two root filesystems that are open. */
export async function diffSides(
  lower: ComparedSide,
  upper: ComparedSide,
  { ignore, selection, options }: Comparison,
): Promise<DiffResult> {
  const { signal } = options;
  const documents = {
    config: configRows(lower.image, upper.image, options),
    manifest: manifestRows(lower.image, upper.image, options),
  };
  const pace = new Pace(signal);
  const trees = await pace.run(comparedTrees(lower, upper, selection));
  const sides = [
    { ...lower, tree: trees.before },
    { ...upper, tree: trees.after },
  ] as const;
  const all = await compareSides(...sides, { ignore, trustMtime: options.trustMtime === true, signal });
  const keeps = (path: Path): boolean =>
    selection?.has(path) !== false && !(options.semantic === true && isAdded(path));
  const listed = await pace.run(selected(all, keeps));
  const found =
    options.renames === true ? await findRenames(listed, sides, { similarity: options.similarity, signal }) : noRenames;
  const wanted = matcher(options.text ?? []);
  const changes = (options.text ?? []).length === 0 ? listed : await pace.run(withDeletedFiles(listed, wanted));
  const texts = await textsOf(changes, sides, { wanted, renames: found.renames, signal });
  const bytes = options.stat === true ? await pace.run(changeBytes([trees.before, trees.after], listed)) : undefined;
  const warnings = [...lower.warnings, ...upper.warnings, ...trees.warnings, ...found.warnings];
  checkWarnings(warnings, options.strict);
  return { changes: await pace.run(rowsOf(changes, { ...found, ignore, texts, bytes })), ...documents, warnings };
}
