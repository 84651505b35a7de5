import { listWords, OciError, usage } from '../errors.ts';
import { contentDigests } from '../graph/content-digests.ts';
import { warningsOf } from '../graph/layer-label.ts';
import { goneFrom, planStrip, type StripPlan } from '../graph/strip-plan.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import { linesNaming } from '../image/redact.ts';
import type { Image } from '../spec/objects.ts';
import { sizeOf } from '../spec/sizes.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { announce, Pace } from '../stream/pace.ts';
import { applyLayer } from '../tree/apply.ts';
import type { FileNode, Path, Tree } from '../tree/node.ts';
import { each } from '../tree/parts.ts';
import { encodeText, parsePath, shortTextOf, textOf } from '../tree/path.ts';
import { filesOf } from '../tree/walk.ts';
import { severalOf, text } from './call-kinds.ts';
import { type ChangedPart, type ChangePart, changeImage } from './change-image.ts';
import { checkCall } from './check-call.ts';
import type { StripOptions } from './layer-options.ts';
import type { StrippedPaths, StripResult } from './layer-results.ts';
import { checkRedact, redacted } from './redacted.ts';
import { rewriteLayers } from './rewritten-layers.ts';
import { allOf, type Several } from './several.ts';

const shown = (path: Path): string => `/${textOf(path)}`;

function parsePaths(paths: readonly string[]): ReadonlySet<Path> {
  const parsed = paths.map(path => parsePath(encodeText(path), path));
  if (parsed.length === 0 || parsed.includes(''))
    throw usage('paths', 'expected paths below the root, got none or the root');
  return new Set(parsed);
}

/** Other files of the same contents as those that went: the bytes are in some layer still. */
async function copiesOf({ source, image }: ChangePart, plan: StripPlan): Promise<readonly Path[]> {
  const gone = new Set<FileNode>();
  for (const node of plan.nodes) if (node.kind === 'file' && node.size > 0) gone.add(node);
  const sizes = new Set([...gone].map(({ size }) => size));
  const others = new Map<FileNode, Path>();
  const pace = new Pace(source.work?.signal);
  for (const tree of plan.trees)
    await pace.run(
      each(filesOf(tree), ([path, file]) => {
        if (sizes.has(file.size) && !gone.has(file)) others.set(file, path);
      }),
    );
  if (others.size === 0) return [];
  const digests = await contentDigests(source, layersOf(image), [...gone, ...others.keys()]);
  const secrets = new Set([...gone].map(file => digests.get(file)));
  return [...others].flatMap(([file, path]) => (secrets.has(digests.get(file)) ? [path] : [])).sort();
}

/** Lines of history that name what went: they say what there was. */
function linesNote(image: Image, paths: readonly string[]): readonly string[] {
  const numbers = new Set(paths.flatMap(path => linesNaming(image.config.value, path)));
  if (numbers.size === 0) return [];
  const lines = [...numbers].sort((a, b) => a - b);
  return [`the history still names what was removed, in line ${lines.join(', ')}`];
}

/** What there is to know of what is left. */
function notesOf(plan: StripPlan, copies: readonly Path[]): readonly string[] {
  const list = (paths: Iterable<Path>): string =>
    listWords(
      [...paths].sort().map(path => `/${shortTextOf(path)}`),
      5,
    );
  return [
    ...(plan.links.size === 0 ? [] : [`hardlinks to what was removed are gone as well: ${list(plan.links)}`]),
    ...(copies.length === 0 ? [] : [`the same contents are still there as ${list(copies)}`]),
  ];
}

async function stripPart(
  part: ChangePart,
  paths: ReadonlySet<Path>,
  options: StripOptions,
): Promise<ChangedPart<StrippedPaths>> {
  const { subject, source, image } = part;
  const layers = layersOf(image);
  announce(options, 'stripping', sizeOf(blobsOf(layers)));
  const plan = await planStrip(source, layers, { paths, keepLinks: options.keepLinks === true });
  const missing = plan.missing.map(shown);
  if (missing.length > 0 && options.allPlatforms !== true)
    throw new OciError('not-found', subject, `expected a path of some layer, got '${missing[0]}', which is in none`);
  const copies = await copiesOf(part, plan);
  const treeAt = (position: number): Tree | undefined => {
    const tree = plan.trees[position];
    return tree === undefined ? undefined : applyLayer(tree, goneFrom(tree, plan));
  };
  const rewriting = { positions: plan.layers, treeAt, compression: options };
  const stripped = await rewriteLayers(part, rewriting, options);
  const said = redacted(stripped.image, options.redact);
  return {
    image: said.image,
    details: {
      layers: [...plan.layers].map(at => at + 1).sort((a, b) => a - b),
      links: [...plan.links].sort().map(shown),
      copies: copies.map(shown),
    },
    warnings: [
      ...(await warningsOf(source, blobsOf(layers))),
      ...missing.map(path => `${subject}: ${path} is in no layer`),
      ...notesOf(plan, copies),
      ...linesNote(said.image, [...plan.paths].map(textOf)),
      ...said.warnings,
      ...stripped.warnings,
    ],
  };
}

/**
 * Removes paths out of every layer that holds them: files, directories with all that is in them, their whiteouts, and unless
 * `keepLinks` is there every other name of the same files, so that no byte of them is in any layer. Layers that hold nothing of it
 * keep their bytes. A path counts as it is spelled and where it leads through symbolic links. Throws `not-found` for a path that no layer has.
 */
export async function strip(
  image: ImageOperand,
  paths: Several<string>,
  options: StripOptions = {},
): Promise<StripResult> {
  checkCall('strip', { image: ['operand', image], paths: [severalOf(text), paths] }, options);
  checkRedact(options.redact);
  const parsed = parsePaths(allOf(paths));
  const result = await changeImage(image, options, {
    keepsFiles: false,
    change: part => stripPart(part, parsed, options),
  });
  const note = `the old layers stay in the layout until gc, as long as a name or a digest leads to them`;
  return result.isChanged && options.output === undefined
    ? { ...result, warnings: [...result.warnings, note] }
    : result;
}
