import { invalid, OciError } from '../errors.ts';
import { oddEntryLimit } from '../limits.ts';
import { type Descriptor, type ImageIndex, type Json, type OddEntry, oddEntries } from './objects.ts';

/** What an index lists that is no descriptor, in the order listed. */
export function oddOf(index: ImageIndex): readonly OddEntry[] {
  return index[oddEntries] ?? [];
}

/** Tells the entries that pass a check from those that do not. Throws `invalid` where too many do not: each stays in memory, with what is wrong with it. */
export function splitEntries(
  entries: readonly Json[],
  check: (entry: Json, position: number) => void,
  subject: string,
): { readonly good: readonly Json[]; readonly odd: readonly OddEntry[] } {
  const odd: OddEntry[] = [];
  const good = entries.filter((value, position) => {
    try {
      check(value, position);
      return true;
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      if (odd.length === oddEntryLimit)
        throw invalid(subject, `at most ${oddEntryLimit} entries that are no descriptors`, 'more');
      odd.push({ position, value, fault: error });
      return false;
    }
  });
  return { good, odd };
}

/** The descriptors that an index lists, each with its position in the document: what is no descriptor has one as well. */
export function placedEntries(index: ImageIndex): readonly (readonly [position: number, entry: Descriptor])[] {
  const taken = new Set(oddOf(index).map(({ position }) => position));
  let position = 0;
  return index.manifests.map(entry => {
    while (taken.has(position)) position++;
    return [position++, entry] as const;
  });
}

/** An index as it is written: every entry in its place, or at the end where there are fewer by now. */
export function withOddEntries(index: ImageIndex): object {
  const odd = oddOf(index);
  if (odd.length === 0) return index;
  const manifests: unknown[] = [...index.manifests];
  for (const { position, value } of odd) manifests.splice(position, 0, value);
  return { ...index, manifests };
}
