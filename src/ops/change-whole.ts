import { notFound, OciError } from '../errors.ts';
import { changeEntries } from '../graph/change-graph.ts';
import { foldListed } from '../graph/listed-index.ts';
import type { ImageStore } from '../graph/source.ts';
import { jsonText } from '../spec/document.ts';
import { nameOf, withListed, withName } from '../spec/name.ts';
import { type Descriptor, type ImageIndex, oddEntries } from '../spec/objects.ts';
import { oddOf } from '../spec/odd-entries.ts';
import { withLayout, withScratchLayout } from '../store/layout/new-layout.ts';
import { openOperandToCopy } from '../store/open-operand.ts';
import type { OpenedSource } from '../store/open-source.ts';
import type { ParsedOperand } from '../store/parse-operand.ts';
import type { Change } from './change-image.ts';
import { bringResult, type ChangingParts, changingParts } from './change-parts.ts';
import { parseChangePlace } from './change-place.ts';
import type { ChangeOptions } from './options.ts';
import { archiveRoot, writeImageArchive } from './write-image-archive.ts';

/** What has become of all that a place lists. */
interface ChangedWhole<Details extends object> extends Pick<ChangingParts<Details>, 'images'> {
  /** What the place lists now. */
  readonly entries: readonly Descriptor[];
  /** Whether it lists anything else than before. */
  readonly isChanged: boolean;
  readonly warnings: readonly string[];
}

/** What a verb does to all that a place lists. */
interface WholeChange<Details extends object> extends Omit<Change<Details>, 'index'> {
  /** What is listed in the end, of an index whose entries have been changed, and folded where several of one name are one image. */
  readonly listed: (index: ImageIndex, before: ImageIndex) => ImageIndex;
}

/** All that is listed, changed, and where the blobs of the result are. */
type Made<Details extends object> = ChangedWhole<Details> & Pick<ChangingParts<Details>, 'made'>;

const isSame = (one: readonly Descriptor[], other: readonly Descriptor[]): boolean => jsonText(one) === jsonText(other);

/** The same index with other entries, all of them descriptors. */
function withEntries({ [oddEntries]: _odd, ...index }: ImageIndex, manifests: readonly Descriptor[]): ImageIndex {
  return { ...index, manifests };
}

/** Changes all that is listed, into a store. */
async function make<Details extends object>(
  opened: OpenedSource,
  change: WholeChange<Details>,
  { store, options }: { readonly store: ImageStore; readonly options: ChangeOptions },
): Promise<Made<Details>> {
  const { value } = opened.index;
  const folded = foldListed(opened.source, opened.index);
  const source = change.over?.(folded.source) ?? folded.source;
  const parts = changingParts(change, { subject: source.subject, source, isChosen: () => true, store, options });
  const { entries, warnings } = await changeEntries(source, folded.entries, parts.graph);
  if (parts.images.length === 0) throw notFound(source.subject, 'an image');
  const { manifests } = change.listed(withEntries(value, entries), value);
  const isChanged = oddOf(value).length > 0 || !isSame(manifests, value.manifests);
  return {
    made: parts.made,
    images: parts.images,
    entries: manifests,
    isChanged,
    warnings: [...parts.warnings, ...warnings],
  };
}

/** Lists what was changed where it was. Throws `conflict` where somebody else has changed the list meanwhile. */
async function finishOwn(
  store: ImageStore,
  { entries, made }: Made<object>,
  before: OpenedSource['index'],
): Promise<readonly string[]> {
  for (const entry of entries)
    if (!made.isMade(entry) && !(await store.has(entry))) await store.bring(made.source, entry);
  await store.updateIndex(index => {
    if (!isSame(index.manifests, before.value.manifests))
      throw new OciError('conflict', store.subject, 'expected the images that were read, got others', {
        hint: 'try again',
      });
    return withEntries(index, entries);
  });
  return [];
}

/** Lists what was changed in another layout, beside what that has. */
async function finishOther(store: ImageStore, { entries, made }: Made<object>): Promise<readonly string[]> {
  const warnings = await bringResult(store, made, entries);
  const [only, ...others] = entries;
  const isAlone = only !== undefined && others.length === 0 && nameOf(only) === undefined;
  await store.updateIndex(index => (isAlone ? withName(index, 'latest', only) : withListed(index, entries)));
  return warnings;
}

/**
 * Changes all that a place lists, where it is or into another: as `changeImage` with one of its images, and the place's own index as
 * any other. The place is as it was where anything is wrong. Throws as `changeImage`.
 */
export async function changeWhole<Details extends object>(
  parsed: ParsedOperand,
  options: ChangeOptions,
  change: WholeChange<Details>,
): Promise<ChangedWhole<Details>> {
  const place = parseChangePlace(parsed, options);
  const opened = await openOperandToCopy(parsed, place.path, options);
  const into = async (store: ImageStore): Promise<Made<Details>> => make(opened, change, { store, options });
  try {
    if (place.kind === 'own' || place.kind === 'layout') {
      const isOwn = place.kind === 'own';
      const completes = isOwn && change.completes === true;
      return await withLayout(place.path, { ...options, completes }, async store => {
        const made = await into(store);
        if (isOwn && !made.isChanged && !completes) return made;
        const said = await (isOwn ? finishOwn(store, made, opened.index) : finishOther(store, made));
        return { ...made, warnings: [...made.warnings, ...said] };
      });
    }
    return await withScratchLayout(place.path, async store => {
      const made = await into(store);
      const roots = made.entries.map(entry =>
        archiveRoot(made.made.source, { entry, named: entry, place: parsed.place }, place),
      );
      const said = await writeImageArchive(place, roots, options);
      return { ...made, warnings: [...made.warnings, ...said] };
    });
  } finally {
    opened.close();
  }
}
