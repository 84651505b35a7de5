import { isAdded } from '../codec/estargz-names.ts';
import { badOption } from '../errors.ts';
import { diffConfigs } from '../image/config-diff.ts';
import type { ImageConfig } from '../spec/objects.ts';
import type { Operand } from '../store/parse-operand.ts';
import { announce, Pace } from '../stream/pace.ts';
import type { Change, Reason } from '../tree/change.ts';
import { globSelection } from '../tree/glob.ts';
import type { Tree } from '../tree/node.ts';
import { withoutMounts } from '../tree/overlay.ts';
import { each, type Parts } from '../tree/parts.ts';
import { restrict, type Selection } from '../tree/selection.ts';
import { checkCall } from './check-call.ts';
import { compareSides } from './compare.ts';
import { type ComparedSide, completed, openPair } from './compared-side.ts';
import type { DiffOptions } from './options.ts';
import type { ConfigRow, DiffResult, DiffRow } from './results.ts';
import { checkWarnings } from './strict.ts';
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

function configRows(
  before: ImageConfig | undefined,
  after: ImageConfig | undefined,
  options: DiffOptions,
): readonly ConfigRow[] {
  if (options.config !== true && options.semantic !== true) return [];
  if (before === undefined || after === undefined) {
    if (options.config !== true) return [];
    throw badOption('config', 'expected two images, got a directory, which has no config');
  }
  const rows = diffConfigs(before, after);
  return options.semantic === true ? rows.filter(isBehaviour) : rows;
}

function* rowsOf(changes: readonly Change[], selection: Selection | undefined): Parts<readonly DiffRow[]> {
  const rows: DiffRow[] = [];
  yield* each(changes, change => {
    if (selection?.has(change.path) !== false) rows.push(rowOf(change));
  });
  return rows;
}

/** What is compared of two root filesystems: mounts that one of them did not walk, and devices that nobody could make there, are as the other has them. */
function* comparedTrees(
  lower: ComparedSide,
  upper: ComparedSide,
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

/**
 * What differs between two root filesystems: images, directories or bundles, in any pairing; with one operand, a
 * bundle against the image it was unpacked from. Rows are sorted by path bytes; parents of a change are `C` without reasons.
 * Contents decide, never size and time alone (unless `trustMtime`).
 */
export async function diff(before: Operand, after?: Operand, options: DiffOptions = {}): Promise<DiffResult> {
  checkCall('diff', { before: ['operand', before], after: ['operand?', after] }, options);
  const ignore = ignoredAspects(options);
  announce(options, 'comparing');
  const selection = (options.paths ?? []).length === 0 ? undefined : globSelection(options.paths ?? []);
  const [lower, upper] = await openPair(before, after, { ...options, selection });
  const pace = new Pace(options.signal);
  const trees = await pace.run(comparedTrees(lower, upper, selection));
  const changes = await compareSides(
    { ...lower, tree: trees.before },
    { ...upper, tree: trees.after },
    { ignore, trustMtime: options.trustMtime === true, signal: options.signal },
  );
  const warnings = [...lower.warnings, ...upper.warnings, ...trees.warnings];
  checkWarnings(warnings, options.strict);
  return {
    // What eStargz adds to a tar is of the form and not of the files.
    changes: await pace.run(
      rowsOf(options.semantic === true ? changes.filter(({ path }) => !isAdded(path)) : changes, selection),
    ),
    config: configRows(lower.config, upper.config, options),
    warnings,
  };
}
