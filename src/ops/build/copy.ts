import type { CopySource, Step } from '../../dockerfile/plan/plan.ts';
import type { Fail } from '../../errors.ts';
import { usersLimit } from '../../limits.ts';
import { isTarFile } from '../../store/rootfs/archive-head.ts';
import { openRootfsTar } from '../../store/rootfs/tar.ts';
import { Pace } from '../../stream/pace.ts';
import { type CopyOptions, copyInto, withDirectory } from '../../tree/copy.ts';
import { ignoreSelection } from '../../tree/ignore.ts';
import { impliedMeta, type Path, type Tree } from '../../tree/node.ts';
import { encodeText } from '../../tree/path.ts';
import type { Selected } from '../../tree/select.ts';
import { parseModeChange } from '../../tree/symbolic-mode.ts';
import { unpackInto } from '../../tree/unpack-into.ts';
import { find, resolvePath } from '../../tree/walk.ts';
import type { BuildContext } from './context.ts';
import { type StageFiles, selectedOf } from './files.ts';
import { buildOwner, needsUserFiles } from './owner.ts';
import type { Building } from './steps.ts';

/** COPY, ADD or WORKDIR, and what it is done with. */
interface Changing {
  readonly building: Building;
  /** Whose users names are looked up in. */
  readonly below: StageFiles;
  readonly filesOf: (from: Exclude<CopySource['from'], { kind: 'inline' | 'remote' }>) => StageFiles;
  readonly fail: Fail;
}

/** What COPY, ADD and WORKDIR make of a tree. */
export async function changedTree(
  step: Exclude<Step, { kind: 'run' }>,
  before: Tree,
  changing: Changing,
): Promise<Tree> {
  const { building, below, fail } = changing;
  const { now } = building;
  const owner = step.owner === '' ? undefined : await ownerOf(step.owner, below, building);
  if (step.kind === 'directory') return withDirectory(before, step.path, { now, owner });
  const mode = step.mode === '' ? undefined : parseModeChange(step.mode, fail);
  const options: CopyOptions = {
    now,
    mode,
    parentMode: mode !== undefined && /^\d/.test(step.mode) ? mode(0, true) & 0o777 : undefined,
    ...(step.exclude.length === 0 ? {} : { isExcluded: excluded(step.exclude) }),
  };
  const taken: { readonly one: Taken; readonly from: CopySource['from'] }[] = [];
  for (const source of step.sources)
    for (const one of await selectFrom(source, changing)) taken.push({ one, from: source.from });
  let tree = before;
  const pace = new Pace(building.options.signal);
  for (const { one, from } of taken) {
    const to = step.destination;
    const parts =
      one.archive === undefined
        ? copyInto(tree, one, { ...options, owner, copiedOwner: ownerFrom(from), to })
        : unpackInto(tree, one.archive, { now, owner, to });
    tree = await pace.run(parts);
  }
  return tree;
}

/** Something that is copied, or of an archive what is in it. */
type Taken = Selected & { readonly archive?: Tree };

/** What comes from a context belongs to root, whoever has it on the disk. */
const ownerFrom = ({ kind }: CopySource['from']): CopyOptions['copiedOwner'] =>
  kind === 'context' ? { uid: 0, gid: 0 } : undefined;

/** What `--exclude` leaves out. */
export function excluded(patterns: readonly string[]): (path: Path) => boolean {
  const kept = ignoreSelection(patterns.join('\n'), 'exclude');
  return path => !kept.has(path);
}

async function ownerOf(
  owner: string,
  below: StageFiles,
  building: Building,
): Promise<NonNullable<CopyOptions['owner']>> {
  if (!needsUserFiles(owner)) return buildOwner(owner, { passwd: '', group: '' });
  const tree = await below.tree();
  const read = async (path: string): Promise<string> => {
    const file = find(tree, resolvePath(tree, path));
    if (file?.kind !== 'file') return '';
    const { layout } = building;
    const bytes = await building.files.read(file, { subject: `/${path}`, limit: usersLimit, layout });
    return new TextDecoder().decode(bytes);
  };
  return buildOwner(owner, { passwd: await read('etc/passwd'), group: await read('etc/group') });
}

async function selectFrom(source: CopySource, { building, filesOf, fail }: Changing): Promise<readonly Taken[]> {
  const { from } = source;
  const { files, now, context } = building;
  if (from.kind === 'inline') {
    const node = files.inline(new TextEncoder().encode(from.content), { ...impliedMeta, mode: 0o644, mtime: now });
    return [{ node, name: encodeText(from.name), path: '' }];
  }
  if (from.kind === 'remote') throw fail(`'${from.address}' is not in the context`);
  const selected = await selectedOf(filesOf(from), source, fail);
  if (!source.unpack || from.kind !== 'context') return selected;
  const { fileOf } = await context(from.name);
  return Promise.all(selected.map(one => unpacked(one, { fileOf, building })));
}

/** An archive with what is in it, anything else as it is. */
async function unpacked(
  one: Selected,
  { fileOf, building }: Pick<BuildContext, 'fileOf'> & { readonly building: Building },
): Promise<Taken> {
  if (one.node.kind !== 'file' || one.node.size === 0) return one;
  const { file, called } = await fileOf(one);
  if (!(await isTarFile(file))) return one;
  const rootfs = openRootfsTar(file, building.options, called);
  const archive = await rootfs.tree();
  await building.files.addRootfs(rootfs, archive, building.options);
  return { ...one, archive };
}
