import { badOption, listWords, OciError, usage } from '../errors.ts';
import { contentDigests } from '../graph/content-digests.ts';
import { warningsOf } from '../graph/layer-label.ts';
import { readTreeStack } from '../graph/tree-stack.ts';
import { layersCreatedBy, placesOfLayers } from '../image/drop.ts';
import { parseLayerRange, positionsIn } from '../image/layer-range.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import { linesOf, withLines } from '../image/lines.ts';
import { sizeOf } from '../spec/sizes.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { announce, Pace } from '../stream/pace.ts';
import type { LayerEntry, Node, Tree } from '../tree/node.ts';
import { shortTextOf } from '../tree/path.ts';
import { type Remaining, withoutLayers } from '../tree/without-layers.ts';
import { type ChangedPart, type ChangePart, changeImage } from './change-image.ts';
import { checkCall } from './check-call.ts';
import { compareSides, type Side } from './compare.ts';
import type { DropOptions } from './layer-options.ts';
import type { DroppedLayers, DropResult } from './layer-results.ts';
import type { DiffRow } from './results.ts';
import { rewriteLayers } from './rewritten-layers.ts';
import { rowOf } from './view.ts';

/** Positions of the layers that are to go. */
function droppedFrom({ subject, image }: ChangePart, options: DropOptions): ReadonlySet<number> {
  const count = layersOf(image).length;
  if (options.layers !== undefined) {
    const range = parseLayerRange(options.layers);
    if (range === undefined) throw badOption('layers', `expected A..B, got '${options.layers}'`);
    const { from, to } = positionsIn(range, count);
    return new Set(Array.from({ length: to - from }, (_, at) => from + at));
  }
  const glob = options.createdBy ?? '';
  const found = layersCreatedBy(linesOf(image), glob);
  if (found.length === 0)
    throw new OciError(
      'not-found',
      subject,
      `expected a layer whose line of history matches '${glob}', got none among ${count}`,
    );
  return new Set(found);
}

interface Listed {
  readonly entries: readonly (readonly LayerEntry[])[];
  /** After each layer, before them the empty tree. */
  readonly trees: readonly Tree[];
}

async function listLayers({ source, image }: ChangePart): Promise<Listed> {
  const layers = layersOf(image);
  const entries: LayerEntry[][] = layers.map(() => []);
  const trees = await readTreeStack(source, layers, (layer, entry) => entries[layer]?.push(entry));
  return { entries, trees };
}

/** What differs between the merged trees with the dropped layers and without them: what `diff` says of the two images. */
async function effectOf(
  { source, image }: ChangePart,
  {
    before,
    after,
    anew,
  }: { readonly before: Tree | undefined; readonly after: Tree | undefined; readonly anew: ReadonlySet<Node> },
  { signal }: DropOptions,
): Promise<readonly DiffRow[]> {
  if (before === undefined || after === undefined) throw new Error('drop: a tree for each layer');
  const digests: Side['digests'] = files => contentDigests(source, layersOf(image), files);
  const changes = await compareSides({ tree: before, digests }, { tree: after, digests }, { anew, signal });
  return changes.filter(({ kind, reasons }) => kind !== 'modify' || reasons.length > 0).map(rowOf);
}

const some = (rows: readonly DiffRow[], kind: DiffRow['kind']): readonly string[] =>
  rows.filter(row => row.kind === kind).map(({ path }) => path);

function sentence(paths: readonly string[], what: string): readonly string[] {
  if (paths.length === 0) return [];
  return [`${paths.length} path${paths.length === 1 ? '' : 's'} ${what}: ${listWords(paths, 10)}`];
}

function notesOf(rows: readonly DiffRow[], rest: Remaining, options: DropOptions): readonly string[] {
  const implied = options.materialize === true ? [] : rest.implied;
  return [
    ...sentence(some(rows, 'D'), 'gone'),
    ...sentence(some(rows, 'A'), 'back'),
    ...sentence(some(rows, 'C'), 'otherwise'),
    ...sentence(
      implied.map(({ path }) => `/${shortTextOf(path)}`),
      'of upper layers in directories that only a dropped one described, now 0755 of root (option materialize keeps them)',
    ),
  ];
}

function checkBroken({ subject }: ChangePart, rest: Remaining, options: DropOptions): void {
  const [first] = rest.broken;
  if (first === undefined || options.materialize === true) return;
  const link = `layer ${first.layer + 1} links '/${shortTextOf(first.path)}' to '/${shortTextOf(first.target)}'`;
  throw new OciError(
    'conflict',
    subject,
    `expected upper layers that need nothing of the dropped ones, got another: ${link}`,
    {
      hint: 'option materialize copies the file up',
    },
  );
}

async function dropPart(part: ChangePart, options: DropOptions): Promise<ChangedPart<DroppedLayers>> {
  const { source, image } = part;
  const dropped = droppedFrom(part, options);
  const layers = layersOf(image);
  announce(options, 'dropping', sizeOf(blobsOf(layers)));
  const listed = await listLayers(part);
  const { subject } = source;
  const { materialize = false } = options;
  const rest = await new Pace(options.signal).run(
    withoutLayers(listed.entries, { dropped, trees: listed.trees, materialize, subject }),
  );
  checkBroken(part, rest, options);
  const rewriting = { positions: rest.rewritten, treeAt: (at: number) => rest.trees[at], from: 0 };
  const taken = await rewriteLayers(part, rewriting, options);
  const trees = { before: listed.trees.at(-1), after: rest.trees.at(-1), anew: taken.files };
  const rows = await effectOf(part, trees, options);
  const gone = placesOfLayers(linesOf(image), dropped);
  return {
    image: withLines(
      taken.image,
      linesOf(taken.image).filter((_, at) => !gone.has(at)),
    ),
    details: {
      dropped: [...dropped].map(at => at + 1),
      rewritten: [...rest.rewritten].map(at => at + 1),
      changes: rows,
    },
    warnings: [...(await warningsOf(source, blobsOf(layers))), ...notesOf(rows, rest, options), ...taken.warnings],
  };
}

/** Layers are told by number only where all platforms have as many. */
function sameCount(): (part: ChangePart) => void {
  let known: number | undefined;
  return ({ subject, image }) => {
    const count = layersOf(image).length;
    known ??= count;
    if (count !== known)
      throw usage(
        subject,
        `expected as many layers in all platforms, got ${known} and ${count}`,
        'give option platform or createdBy',
      );
  };
}

/**
 * Takes whole layers out of an image, and their lines of history with them; lines without a layer stay. The answer says which paths
 * go, come back or are otherwise. Throws `conflict` where an upper layer links to a file that only a dropped layer has, unless
 * `materialize` has it copied up, `not-found` where no line matches, and `usage` where the image has not these layers.
 */
export async function drop(image: ImageOperand, options: DropOptions = {}): Promise<DropResult> {
  checkCall('drop', { image: ['operand', image] }, options);
  if (options.layers === undefined && options.createdBy === undefined)
    throw usage('drop', 'expected option layers or option createdBy, got neither');
  if (options.layers !== undefined && options.createdBy !== undefined)
    throw badOption('layers', 'expected no option createdBy beside it, got both');
  const { createdBy: _glob, ...said } = options;
  const check = options.layers === undefined ? () => undefined : sameCount();
  return changeImage(image, said, {
    keepsFiles: false,
    change: part => {
      check(part);
      return dropPart(part, options);
    },
  });
}
