import { emptySink, readLayer } from '../codec/layer-reader.ts';
import { layerBytes, layerOrigin } from '../graph/layer-bytes.ts';
import { tableFaults } from '../graph/layer-table.ts';
import type { ImageSource } from '../graph/source.ts';
import { engineRules } from '../image/engines/engine-verdicts.ts';
import { blobAt, documentAt, type Finding } from '../image/finding.ts';
import { type FindingCode, finding } from '../image/finding-codes.ts';
import { layersOf } from '../image/layers.ts';
import { isEncryptedType, isLayerType } from '../spec/media-type.ts';
import type { Descriptor, Image, Layer } from '../spec/objects.ts';
import { hasTrailingZeros } from '../store/disk/trailing-zeros.ts';
import { Draft } from '../tree/draft.ts';
import { emptyTree, type Tree } from '../tree/node.ts';
import { checkLayer } from './check-layer.ts';
import type { Below } from './layer-lint.ts';
import { UserTexts, userOf } from './user-texts.ts';

/** What no other writing of a layer mends: nobody knows what it should have been, or it is meant. */
const lost: ReadonlySet<string> = new Set([
  'tar-damaged',
  'tar-entry-refused',
  'tar-xattr-large',
  'tar-xattr-link',
  'tar-xattr-invalid',
  'tar-xattr-together',
  'tar-symlink-target',
  'tar-path-long',
  'tar-id-large',
]);
const isMended = ({ code }: Finding): boolean =>
  (code.startsWith('tar-') || code === 'compression-trailing' || code === 'table-mismatch') && !lost.has(code);

/** Whether there is more to it than a fact: some engine refuses what has it. */
export const isTrouble = ({ severity, code }: Finding): boolean =>
  severity !== 'note' || engineRules[code as FindingCode]?.some(({ verdict }) => verdict === 'refuses') === true;

export const trailingZeros = ({ digest }: Descriptor): Finding =>
  finding('compression-trailing', blobAt(digest), 'zeros after the end of the gzip stream');

/** What is wrong with a layer's tar: what another writing of it mends, and what stays. */
interface LayerTroubles {
  readonly troubles: readonly Finding[];
  readonly left: readonly Finding[];
}

/** What of a layer's tar some engine refuses or reads otherwise, and another writing of it mends. Throws what is wrong with one that cannot be read. */
async function layerTroubles(
  source: ImageSource,
  layer: Layer,
  { below, users }: { readonly below: Below | undefined; readonly users: UserTexts },
): Promise<LayerTroubles & { readonly isApplied: boolean }> {
  const found: Finding[] = [];
  const { isApplied } = await checkLayer(source, layer, { below, users, report: one => void found.push(one) });
  if (hasTrailingZeros(source, layer.descriptor)) found.push(trailingZeros(layer.descriptor));
  const [fault] = await tableFaults(source, layer);
  if (fault !== undefined) found.push(finding('table-mismatch', blobAt(layer.descriptor.digest), fault));
  const said = found.filter(isTrouble);
  if (said.some(one => one.severity !== 'note' && !isMended(one)))
    await readLayer(layerBytes(source, layer), layerOrigin(source, layer), emptySink);
  return { troubles: said.filter(isMended), left: said.filter(one => !isMended(one)), isApplied };
}

/** The same of each layer of an image, bottom first, and what stays wrong with the image that they come to. */
interface ImageTroubles {
  readonly layers: readonly LayerTroubles[];
  readonly left: readonly Finding[];
}

/** A layer that nobody can read. */
function typeFaults({ mediaType, digest }: Descriptor): readonly Finding[] {
  const code = isEncryptedType(mediaType) ? 'layer-encrypted' : 'layer-type-unknown';
  return [finding(code, documentAt('layer', digest), `media type '${mediaType}'`)];
}

/**
 * What is wrong with each layer of an image, bottom first, over what lies below it as far as all of that can be read. Reads layers to their ends
 * and proves them; of one that nobody can read nothing is said.
 */
export async function imageTroubles(source: ImageSource, image: Image): Promise<ImageTroubles> {
  const users = new UserTexts();
  const draft = new Draft(emptyTree(), source.subject);
  let tree: Tree | undefined = emptyTree();
  const all: LayerTroubles[] = [];
  for (const layer of layersOf(image)) {
    if (!isLayerType(layer.descriptor.mediaType)) {
      tree = undefined;
      all.push({ troubles: [], left: typeFaults(layer.descriptor) });
      continue;
    }
    const below: Below | undefined = tree && { tree, draft, isLowest: all.length === 0 };
    below?.draft.beginLayer();
    const { isApplied, ...found } = await layerTroubles(source, layer, { below, users });
    tree = isApplied ? draft.tree() : undefined;
    all.push(found);
  }
  return { layers: all, left: tree === undefined ? [] : users.faults(tree, userOf(image)) };
}
