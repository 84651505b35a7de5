import { checkIndex, indexFile } from '../image/check.ts';
import { checkUnnamed } from '../image/check-names.ts';
import type { Mended } from '../image/mend-image.ts';
import { mendNames } from '../image/mend-names.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import { nameOf } from '../spec/name.ts';
import type { ImageIndex } from '../spec/objects.ts';
import { oddOf } from '../spec/odd-entries.ts';
import { type ParsedOperand, parseOperand } from '../store/parse-operand.ts';
import type { Change } from './change-image.ts';
import { parseChangePlace } from './change-place.ts';
import { changeWhole } from './change-whole.ts';
import { codeOf } from './code-of-error.ts';
import type { FixOptions } from './layer-options.ts';
import type { FixedLayers, FixResult } from './layer-results.ts';
import { staying } from './staying.ts';

/** Whether all of a place is to be mended: neither the operand nor an option names one image of it. Throws as `parseChangePlace`. */
export function isWhole(parsed: ParsedOperand, options: FixOptions): boolean {
  parseChangePlace(parsed, options);
  const { name, digest } = parsed.place;
  if (name !== undefined || digest !== undefined || options.tag !== undefined) return false;
  return options.output === undefined || parseOperand(options.output, 'read').place.name === undefined;
}

/** What stays wrong with a list of images, because only a person knows what is right. */
const leftOf = (index: ImageIndex): readonly string[] =>
  staying([...checkIndex(encodeDocument(index, mediaTypes.index)), ...checkUnnamed(index, indexFile)]);

/** Mends all that a place lists, and the list. */
export async function fixWhole(
  parsed: ParsedOperand,
  options: FixOptions,
  { change, note }: { readonly change: Omit<Change<FixedLayers>, 'index'>; readonly note: (mended: Mended) => void },
): Promise<Omit<FixResult, 'mended'>> {
  const warnings: string[] = [];
  const listed = (index: ImageIndex, before: ImageIndex): ImageIndex => {
    for (const { fault, position } of oddOf(before))
      note({ code: codeOf(fault), subject: `entry ${position}`, message: 'it is left out: it is no descriptor' });
    const mended = mendNames({ before, index }, note);
    for (const warning of leftOf(mended)) warnings.push(warning);
    return mended;
  };
  const made = await changeWhole(parsed, options, { ...change, listed });
  const entries = made.entries.map(entry => ({ name: nameOf(entry) ?? null, manifest: entry.digest }));
  const [first] = entries;
  if (first === undefined) throw new Error('an image is listed');
  const { images, isChanged } = made;
  return { ...first, isChanged, images, warnings: [...new Set([...made.warnings, ...warnings])], entries };
}
