import { OciError } from '../errors.ts';
import { nameOf, withName } from '../spec/name.ts';
import type { Descriptor, ImageIndex } from '../spec/objects.ts';
import type { NamedImage } from '../store/open-operand.ts';

/** The index with the result under its name. Its own name moves only from what was changed. */
export function withResult(
  index: ImageIndex,
  entry: Descriptor,
  { name, moved }: { readonly name: string; readonly moved: NamedImage | undefined },
): ImageIndex {
  const isThere = (listed: Descriptor): boolean =>
    index.manifests.some(
      ({ digest, ...other }) => digest === listed.digest && nameOf({ digest, ...other }) === nameOf(listed),
    );
  if (moved !== undefined && !moved.entries.every(isThere))
    throw new OciError(
      'conflict',
      moved.subject,
      'expected the image that was read under its name, got another: somebody has moved the name',
      { hint: 'try again' },
    );
  return withName(index, name, entry);
}
