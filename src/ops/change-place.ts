import { badOption, unsupported, usage } from '../errors.ts';
import { nameOf } from '../spec/name.ts';
import { archiveName } from '../store/elsewhere.ts';
import { newName } from '../store/image-place.ts';
import type { NamedImage } from '../store/open-operand.ts';
import { isDirectory, isFile } from '../store/open-source.ts';
import { type ImageOperand, type ParsedOperand, parseOperand } from '../store/parse-operand.ts';
import type { ChangeOptions } from './options.ts';
import { type ArchivePlace, checkFree } from './write-image-archive.ts';

/** Where the image that a change makes goes: the source's own layout, under a new name or (`name` absent) the one that the source has; another layout; or an archive, which has the source's name where it says none. */
export type ChangePlace =
  | { readonly kind: 'own'; readonly path: string; readonly name?: string }
  | { readonly kind: 'layout'; readonly path: string; readonly name: string }
  | ArchivePlace;

const hint = 'option tag names it in its layout, option output puts it elsewhere';

/** `PLACE[:NAME]`; what is called like an archive is one. */
function outputPlace(output: ImageOperand): ChangePlace {
  if (output === '-') throw badOption('output', 'expected a layout or an archive, got standard output');
  if (typeof output === 'string') {
    const asArchive = `oci-archive:${output}`;
    const { path } = parseOperand(asArchive, 'read').place;
    if (archiveName.test(path) && !isDirectory(path)) return archivePlace('universal', asArchive);
  }
  const { place } = parseOperand(output, 'write');
  if (place.kind === 'oci-archive' || place.kind === 'docker-archive') return archivePlace(place.kind, output);
  checkFree(place.path);
  return { kind: 'layout', path: place.path, name: place.name ?? 'latest' };
}

function archivePlace(kind: ArchivePlace['kind'], output: ImageOperand): ChangePlace {
  const { path, name } = parseOperand(output, 'read').place;
  parseOperand(output, 'write');
  checkFree(path);
  return { kind, path, ...(name === undefined ? {} : { name }) };
}

/**
 * Where a result goes, the one rule for all that make an image of an image: `tag` is a name in the same layout, `output` another
 * place, and with neither the source's own name moves. Throws `usage`, `conflict` where a file is in the way, and
 * `unsupported` where the source is an archive, which stays as it is.
 */
export function parseChangePlace({ place }: ParsedOperand, { tag, output }: ChangeOptions): ChangePlace {
  if (output !== undefined) {
    if (tag !== undefined)
      throw badOption('tag', 'expected no option output beside it, got both', {
        hint: 'an output has a name of its own',
      });
    return outputPlace(output);
  }
  if (isFile(place.path) || (place.kind !== undefined && place.kind !== 'oci'))
    throw unsupported(place.path, 'an image layout (a directory), or option output', 'an archive', {
      hint: 'an archive stays as it is: option output puts the result elsewhere',
    });
  if (tag === undefined) return { kind: 'own', path: place.path };
  return { kind: 'own', path: place.path, name: newName(place.path, tag) };
}

/** The name that the source itself has, which is to move. Throws `usage` where it has none. */
export function ownName({ subject, named, entries }: NamedImage): string {
  if (entries.length === 0)
    throw usage(subject, 'expected an image with a name, got the digest of a part of one', hint);
  const name = nameOf(named);
  if (name === undefined) throw usage(subject, 'expected an image with a name, got one without', hint);
  return name;
}
