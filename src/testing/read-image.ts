import { listLayer } from '../graph/layer-listing.ts';
import { layerTar, readMergedTree } from '../graph/merged-tree.ts';
import { layersOf } from '../image/layers.ts';
import type { Image } from '../spec/objects.ts';
import { openImage } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import type { LayerEntry, Node, Path, Tree } from '../tree/node.ts';
import { walk } from '../tree/walk.ts';

/** An image with all that is in it. */
interface ReadImage {
  readonly image: Image;
  /** The entries of each layer, the lowest first. */
  readonly layers: readonly (readonly LayerEntry[])[];
  readonly tree: Tree;
  /** Every path with all that is said of it, contents by their digests and times to the nanosecond (a directory's left out); and which paths are one file. */
  readonly exact: ReadonlyMap<Path, string>;
}

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function describe(node: Node, digest: string | undefined): string {
  const { mode, uid, gid, mtime, xattrs } = node.meta;
  const attributes = [...xattrs].map(([name, value]) => `${name}=${hexOf(value)}`).sort();
  const shared = `${mode.toString(8)} ${uid}:${gid} ${attributes.join()}`;
  if (node.kind === 'directory') return `directory ${shared}`;
  const detail =
    node.kind === 'symlink' ? node.target : node.kind === 'device' ? `${node.major}:${node.minor}` : digest;
  return `${node.kind} ${shared} ${mtime} ${detail ?? ''}`;
}

/** Reads an image; of several that of `platform`, or else of linux/amd64. */
export async function readWholeImage(operand: ImageOperand, platform?: string): Promise<ReadImage> {
  const { source, image } = await openImage(operand, { platform, hostPlatform });
  const layers = layersOf(image);
  const digests = new Map<string, string>();
  const entries: (readonly LayerEntry[])[] = [];
  for (const layer of layers) {
    const listing = await listLayer(source, layer, { hashing: 'all' });
    entries.push(listing.entries);
    for (const [{ content }, digest] of listing.digests) digests.set(`${content.source} ${content.member}`, digest);
  }
  const tree = await readMergedTree(source, layers);
  const names = new Map<Node, Path>();
  const exact = new Map<Path, string>();
  for (const [path, node] of walk(tree)) {
    const key = node.kind === 'file' ? `${node.content.source} ${node.content.member}` : '';
    const first = names.get(node);
    if (first === undefined) names.set(node, path);
    exact.set(path, `${describe(node, digests.get(key))}${first === undefined ? '' : ` = ${first}`}`);
  }
  return { image, layers: entries, tree, exact };
}
/** The uncompressed tar of every layer of an image, the lowest first. */
export async function layerTars(operand: ImageOperand): Promise<readonly Buffer[]> {
  const { source, image } = await openImage(operand, { hostPlatform });
  const tars: Buffer[] = [];
  for (const layer of layersOf(image)) {
    const chunks: Buffer[] = [];
    for await (const chunk of layerTar(source, layer).open()) chunks.push(Buffer.from(chunk));
    tars.push(Buffer.concat(chunks));
  }
  return tars;
}
