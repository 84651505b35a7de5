import { compressorWarnings } from '../codec/compression.ts';
import { badOption, usage } from '../errors.ts';
import { readImageFile } from '../graph/image-file.ts';
import { warningsOf } from '../graph/layer-label.ts';
import { historyLine } from '../image/edit-image.ts';
import { isDockerImage } from '../image/image-kind.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import { type Line, linesOf, withLines } from '../image/lines.ts';
import { resolveOwner } from '../image/user.ts';
import { usersLimit } from '../limits.ts';
import type { Layer } from '../spec/objects.ts';
import { spoolStream } from '../store/archive/spool.ts';
import type { TemporaryDirectory } from '../store/disk/temporary.ts';
import { type ImageOperand, parseOperand } from '../store/parse-operand.ts';
import { flow } from '../stream/flow.ts';
import { announce, Pace } from '../stream/pace.ts';
import { parseMode } from '../tree/mode.ts';
import type { Tree } from '../tree/node.ts';
import type { Attributes } from '../tree/put.ts';
import { toLayerInParts } from '../tree/to-layer.ts';
import { appendNormalized, type NormalizedLayer } from './append-normalized.ts';
import { appendTar, notEmpty, type TarFile } from './append-tar.ts';
import { type EditStep, editTree, type OverLayer, sideOver } from './append-tree.ts';
import { severalOf, step } from './call-kinds.ts';
import { type ChangedPart, type ChangePart, changeImage } from './change-image.ts';
import { parseChangePlace } from './change-place.ts';
import { checkCall } from './check-call.ts';
import { selectionOf } from './commit-input.ts';
import { changeCount } from './delta.ts';
import { givenBytes } from './given-bytes.ts';
import type { AppendOptions, AppendStep } from './options.ts';
import type { AppendedLayers, AppendResult } from './results.ts';
import { allOf, type Several } from './several.ts';
import { compressionOf, storeLayer } from './store-layer.ts';

/** What becomes one layer: a tar, or all additions and deletions, in the place of the first. */
type Group = { readonly tar: TarFile } | { readonly edits: readonly EditStep[] };

function groupsOf(steps: readonly AppendStep[], files: ReadonlyMap<AppendStep, TarFile>): readonly Group[] {
  const edits = steps.filter((one): one is EditStep => !('tar' in one));
  return steps.flatMap((one): Group[] => {
    const tar = files.get(one);
    return tar !== undefined ? [{ tar }] : one === edits[0] ? [{ edits }] : [];
  });
}

const streamName = 'stdin';

/** Does work with the tars of the steps as files: a stream is written down, since each image that is changed reads it. */
async function withTars<T>(
  steps: readonly AppendStep[],
  { layout, options }: { readonly layout: string; readonly options: AppendOptions },
  work: (files: ReadonlyMap<AppendStep, TarFile>) => Promise<T>,
): Promise<T> {
  const files = new Map<AppendStep, TarFile>();
  const spools: TemporaryDirectory[] = [];
  try {
    for (const one of steps) {
      if (!('tar' in one)) continue;
      if (typeof one.tar === 'string') {
        files.set(one, { file: one.tar, subject: one.tar });
        continue;
      }
      const spool = await spoolStream(
        notEmpty(flow(givenBytes(one.tar, 'steps', options.signal), options), streamName),
        layout,
      );
      spools.push(spool);
      files.set(one, { file: spool.file, subject: streamName });
    }
    return await work(files);
  } finally {
    for (const spool of spools) spool.removeNow();
  }
}

/** What was appended, as a line of history says it. */
function lineOf(group: Group): string {
  if ('tar' in group) return `append ${group.tar.subject}`;
  return group.edits.map(one => ('add' in one ? `add ${one.add} ${one.to}` : `delete ${one.delete}`)).join('; ');
}

/** One new layer, its line, and what there is to say. */
interface Appended {
  readonly layer: Layer | undefined;
  readonly changes: number;
  readonly over?: OverLayer & Partial<NormalizedLayer>;
  readonly warnings: readonly string[];
}

async function ownerOf(
  { source, image }: ChangePart,
  owner: string | undefined,
  tree: Tree,
): Promise<Attributes['owner']> {
  if (owner === undefined) return { uid: 0, gid: 0 };
  const read = async (path: string): Promise<string> => {
    const bytes = await readImageFile(source, layersOf(image), { tree, path, limit: usersLimit });
    return bytes === undefined ? '' : new TextDecoder().decode(bytes);
  };
  return resolveOwner(owner, { passwd: await read('etc/passwd'), group: await read('etc/group') });
}

async function appendEdits(
  part: ChangePart,
  edits: readonly EditStep[],
  { over, ...options }: AppendOptions & { readonly over: readonly OverLayer[] },
): Promise<Appended> {
  const { source, image, destination } = part;
  announce(options, 'comparing');
  const before = await sideOver({ source, layers: layersOf(image) }, over);
  const attributes: Attributes = {
    owner: await ownerOf(part, options.owner, before.tree),
    mode: options.mode === undefined ? undefined : parseMode(options.mode),
  };
  const written = [options.output === undefined ? source.subject : parseOperand(options.output, 'write').place.path];
  const selection = await selectionOf(options);
  const edited = await editTree(before, edits, { ...options, attributes, selection, written });
  try {
    const entries = await new Pace(options.signal).run(toLayerInParts(edited.changes, edited.after));
    const changes = changeCount(edited.changes);
    if (entries.length === 0) return { layer: undefined, changes, warnings: edited.warnings };
    const to = { destination, docker: isDockerImage(part.image), options };
    const layer = await storeLayer(entries, edited.bodies, to);
    const over = { entries, digests: new Map() };
    return { layer, changes, over, warnings: [...edited.warnings, ...compressorWarnings(compressionOf(options))] };
  } finally {
    edited.close();
  }
}

async function appendGroup(
  part: ChangePart,
  group: Group,
  options: AppendOptions & { readonly over: readonly (OverLayer & Partial<NormalizedLayer>)[] },
): Promise<Appended> {
  if (!('tar' in group)) return appendEdits(part, group.edits, options);
  if (options.normalize === true) return appendNormalized(group.tar, part, options);
  const to = { destination: part.destination, isDocker: isDockerImage(part.image) };
  return { ...(await appendTar(group.tar, to, options)), changes: 0 };
}

async function appendPart(
  part: ChangePart,
  groups: readonly Group[],
  options: AppendOptions,
): Promise<ChangedPart<AppendedLayers>> {
  const { image, source, edit } = part;
  const lines: Line[] = [];
  const overs: (OverLayer & Partial<NormalizedLayer>)[] = [];
  const warnings: string[] = [];
  let changes = 0;
  for (const group of groups) {
    const appended = await appendGroup(part, group, { ...options, over: overs });
    const { layer, over } = appended;
    if (over !== undefined) overs.push(over);
    changes += appended.changes;
    for (const warning of appended.warnings) warnings.push(warning);
    const { author } = image.config.value;
    if (layer !== undefined)
      lines.push({ layer, row: historyLine(edit, { author, createdBy: lineOf(group), isEmpty: false }) });
  }
  const layers = lines.flatMap(({ layer }) =>
    layer === undefined ? [] : [{ layer: layer.descriptor, diffID: layer.diffID }],
  );
  return {
    image: lines.length === 0 ? image : withLines(image, [...linesOf(image), ...lines]),
    ...(lines.length === 0 ? {} : { history: 'own' as const }),
    details: { layers, changes },
    warnings: [...(await warningsOf(source, blobsOf(layersOf(image)))), ...warnings],
  };
}

/**
 * Puts layers over an image: tars as they are, each one of its own, and one layer of all files that are added and paths that are
 * deleted, in the order given. Files go where cp would put them, symbolic links followed inside the root, and belong to
 * 0:0 unless `owner` says otherwise; directories of the image keep their attributes. What is there already, bytes and
 * attributes, makes no layer. Throws `invalid` where an engine would refuse a tar, `not-found` for what is not there, and `conflict` where a file changes while it is read.
 */
export async function append(
  image: ImageOperand,
  steps: Several<AppendStep>,
  options: AppendOptions = {},
): Promise<AppendResult> {
  checkCall('append', { image: ['operand', image], steps: [severalOf(step), steps] }, options);
  const all = allOf(steps);
  if (all.length === 0) throw usage('steps', 'expected something to append, got nothing');
  if (options.mode !== undefined) parseMode(options.mode);
  if ((options.owner ?? '0') === '') throw badOption('owner', 'expected USER[:GROUP], got nothing');
  const { path } = parseChangePlace(parseOperand(image, 'read'), options);
  return withTars(all, { layout: path, options }, async files => {
    const groups = groupsOf(all, files);
    return changeImage(image, options, { keepsFiles: false, change: part => appendPart(part, groups, options) });
  });
}
