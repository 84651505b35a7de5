import { DockerfileError } from '../dockerfile/dockerfile-error.ts';
import type { CopySource, Origin, Plan, Step } from '../dockerfile/plan/plan.ts';
import { type Fail, OciError, unsupported } from '../errors.ts';
import { usersLimit } from '../limits.ts';
import type { Layer } from '../spec/objects.ts';
import { isTarFile } from '../store/rootfs/archive-head.ts';
import { openRootfsTar } from '../store/rootfs/tar.ts';
import { Pace } from '../stream/pace.ts';
import { applyLayer } from '../tree/apply.ts';
import { type CopyOptions, copyInto, withDirectory } from '../tree/copy.ts';
import { ignoreSelection } from '../tree/ignore.ts';
import { emptyTree, impliedMeta, type Path, type Tree } from '../tree/node.ts';
import { encodeText, textOf } from '../tree/path.ts';
import { type Selected, selectSources } from '../tree/select.ts';
import { parseModeChange } from '../tree/symbolic-mode.ts';
import { toLayerInParts } from '../tree/to-layer.ts';
import { find, resolvePath } from '../tree/walk.ts';
import type { BuildContext } from './build-context.ts';
import { buildOwner, needsUserFiles } from './build-owner.ts';
import { compareSides } from './compare.ts';
import type { ContentFiles } from './content-files.ts';
import type { Destination } from './destination.ts';
import type { CompressionOptions, Work } from './options.ts';
import { storeLayer, writtenFiles } from './store-layer.ts';

/** What the steps of a build are done with. */
interface Building {
  readonly plan: Plan;
  /** What messages call the Dockerfile. */
  readonly file: string;
  readonly files: ContentFiles;
  readonly destination: Pick<Destination, 'put'>;
  /** Where bodies may be put beside for a while. */
  readonly layout: string;
  readonly isDocker: boolean;
  readonly options: CompressionOptions & Work;
  /** Nanoseconds since 1970: the time of what is made. */
  readonly now: bigint;
  readonly context: (name: string | undefined) => Promise<BuildContext>;
  readonly treeOfBase: (name: string) => Promise<Tree>;
}

/** What a step left: its tree, and its layer where the image has it. */
interface Done {
  readonly tree: Tree;
  readonly layer: Layer | undefined;
}

/** Throws for the first step that cannot be done here, before anything is. */
export function checkSteps({ steps }: Plan, file: string): void {
  for (const step of steps) {
    const subject = `${file}:${step.lines[0]}`;
    if (step.kind === 'run')
      throw unsupported(subject, 'instructions that need no program to be run', 'RUN', {
        hint: 'unpack the base as a bundle, change it with anything, and commit it',
      });
    if (step.kind !== 'copy') continue;
    const remote = step.sources.find(({ from }) => from.kind === 'remote')?.from;
    if (remote?.kind === 'remote')
      throw unsupported(subject, 'a source in the context', `'${remote.address}'`, {
        hint: 'ocikit builds without a network: fetch it into the context first',
      });
  }
}

/** The steps whose layers the image has: those that lead to its result. */
function chainOf({ steps, result }: Plan): ReadonlySet<number> {
  const chain = new Set<number>();
  for (let at = result; at.kind === 'step'; at = (steps[at.step] as Step).parent) chain.add(at.step);
  return chain;
}

/** Does all steps in order. Answers the layers that the image has, by the places of their steps. */
export async function doSteps(building: Building): Promise<ReadonlyMap<number, Layer>> {
  const { steps } = building.plan;
  const chain = chainOf(building.plan);
  const done: Done[] = [];
  for (const [place, step] of steps.entries()) {
    await new Pace(building.options.signal).turn();
    done.push(await doStep(step, { building, done, isKept: chain.has(place) }));
  }
  return new Map(done.flatMap(({ layer }, place) => (layer === undefined ? [] : [[place, layer] as const])));
}

interface Doing {
  readonly building: Building;
  readonly done: readonly Done[];
  readonly isKept: boolean;
}

async function treeOf(origin: Origin, { building, done }: Doing): Promise<Tree> {
  if (origin.kind === 'scratch') return emptyTree();
  if (origin.kind === 'step') return (done[origin.step] as Done).tree;
  if (origin.kind === 'image') return building.treeOfBase(origin.name);
  return (await building.context(origin.name)).tree;
}

function failOf({ file }: Building, { lines }: Step): Fail {
  return message => new DockerfileError(file, message, { place: { line: lines[0], column: 1, lines } });
}

async function doStep(step: Step, doing: Doing): Promise<Done> {
  const { building } = doing;
  const fail = failOf(building, step);
  try {
    const below = await treeOf(step.parent, doing);
    const isLink = step.kind === 'copy' && step.link;
    const before = isLink ? emptyTree() : below;
    const after = await changedTree(step, before, { below, doing, fail });
    const { files, options, layout, destination, isDocker } = building;
    if (!doing.isKept && !isLink) return { tree: after, layer: undefined };
    const digests = (wanted: Parameters<ContentFiles['digests']>[0]): ReturnType<ContentFiles['digests']> =>
      files.digests(wanted);
    const changes = await compareSides({ tree: before, digests }, { tree: after, digests }, { signal: options.signal });
    const entries = await new Pace(options.signal).run(toLayerInParts(changes, after));
    const tree = isLink ? applyLayer(below, entries, building.file) : after;
    if (!doing.isKept) return { tree, layer: undefined };
    const close = await files.prepare(writtenFiles(entries), layout);
    const layer = await storeLayer(entries, files, { destination, docker: isDocker, options }).finally(close);
    return { tree, layer };
  } catch (error) {
    // What a tree refuses is a fault of the line.
    if (error instanceof OciError && !(error instanceof DockerfileError) && error.code === 'invalid')
      throw fail(error.message);
    throw error;
  }
}

interface Changing {
  /** Whose users names are looked up in. */
  readonly below: Tree;
  readonly doing: Doing;
  readonly fail: Fail;
}

async function changedTree(step: Step, before: Tree, { below, doing, fail }: Changing): Promise<Tree> {
  const { building } = doing;
  const { now } = building;
  if (step.kind === 'run') throw fail('RUN cannot be done');
  if (step.kind === 'directory')
    return withDirectory(before, step.path, { now, owner: await ownerOf(step.owner, below, building) });
  const said = step.owner === '' ? undefined : await ownerOf(step.owner, below, building);
  const mode = step.mode === '' ? undefined : parseModeChange(step.mode, fail);
  const options: CopyOptions = {
    now,
    mode,
    parentMode: /^\d/.test(step.mode) ? mode?.(0, true) : undefined,
    ...(step.exclude.length === 0 ? {} : { isExcluded: excluded(step.exclude) }),
  };
  const selected: { readonly one: Selected; readonly owner: CopyOptions['owner'] }[] = [];
  for (const source of step.sources)
    for (const one of await selectFrom(source, { doing, fail }))
      selected.push({ one, owner: said ?? ownerOfSource(source, one) });
  let tree = before;
  const pace = new Pace(building.options.signal);
  for (const { one, owner } of selected)
    tree = await pace.run(copyInto(tree, one, { ...options, owner, to: step.destination }));
  return tree;
}

/** What comes from a context belongs to root, whoever has it on the disk; an archive's files belong to whom it says. */
function ownerOfSource({ from, unpack }: CopySource, { node }: Selected): CopyOptions['owner'] {
  if (from.kind !== 'context') return undefined;
  return unpack && node.kind === 'directory' && isUnpacked.has(node) ? undefined : { uid: 0, gid: 0 };
}

/** The trees of archives that were unpacked. */
const isUnpacked = new WeakSet<object>();

function excluded(patterns: readonly string[]): (path: Path) => boolean {
  const kept = ignoreSelection(patterns.join('\n'), 'exclude');
  return path => !kept.has(path);
}

async function ownerOf(owner: string, tree: Tree, building: Building): Promise<NonNullable<CopyOptions['owner']>> {
  if (!needsUserFiles(owner)) return buildOwner(owner, { passwd: '', group: '' });
  const read = async (path: string): Promise<string> => {
    const file = find(tree, resolvePath(tree, path));
    if (file?.kind !== 'file') return '';
    const { layout } = building;
    const bytes = await building.files.read(file, { subject: `/${path}`, limit: usersLimit, layout });
    return new TextDecoder().decode(bytes);
  };
  return buildOwner(owner, { passwd: await read('etc/passwd'), group: await read('etc/group') });
}

async function selectFrom(
  source: CopySource,
  { doing, fail }: Pick<Changing, 'doing' | 'fail'>,
): Promise<readonly Selected[]> {
  const { from } = source;
  const { files, now, context } = doing.building;
  if (from.kind === 'inline') {
    const node = files.inline(new TextEncoder().encode(from.content), { ...impliedMeta, mode: 0o644, mtime: now });
    return [{ node, name: encodeText(from.name), path: '' }];
  }
  if (from.kind === 'remote') throw fail(`'${from.address}' is not in the context`);
  const selected = selectSources(await treeOf(from, doing), source, fail);
  if (!source.unpack || from.kind !== 'context') return selected;
  const { directory } = await context(from.name);
  return Promise.all(selected.map(one => unpacked(one, { directory, building: doing.building })));
}

/** An archive as what is in it, anything else as it is. */
async function unpacked(
  one: Selected,
  { directory, building }: { readonly directory: string; readonly building: Building },
): Promise<Selected> {
  if (one.node.kind !== 'file' || one.node.size === 0) return one;
  const path = `${directory}/${textOf(one.path)}`;
  if (!(await isTarFile(path))) return one;
  const rootfs = openRootfsTar(path, building.options);
  const node = await rootfs.tree();
  await building.files.addRootfs(rootfs, node, building.options);
  isUnpacked.add(node);
  return { ...one, node };
}
