import { OciError } from '../errors.ts';
import { programLimit } from '../limits.ts';
import { type Elf, elfOf } from './elf.ts';
import { goBuildOf, goPackages, goPlaces } from './go.ts';
import type { Package, PackageReader } from './package.ts';
import { rustPackages } from './rust.ts';

const library = /\.so(?:\.[^/]*)?$/;
const anyoneRuns = 0o111;

const cratesIn = ({ sections }: Elf): Elf['sections'][number] | undefined =>
  sections.find(({ name }) => name === '.dep-v0');

/** What is damaged says something: that it is. */
function saysNothing(bytes: Uint8Array): boolean {
  try {
    const elf = elfOf(bytes, 'program');
    return elf === undefined || (cratesIn(elf) === undefined && goPlaces(elf, bytes).next().done === true);
  } catch (error) {
    if (error instanceof OciError) return false;
    throw error;
  }
}

/** A program or a library (ELF) that says what it is made of: Go's build information, Rust's list of crates. */
export const program: PackageReader = {
  kind: 'manifest',
  isPlace: (path, { meta, size }) => size > 64 && ((meta.mode & anyoneRuns) !== 0 || library.test(path)),
  limit: programLimit,
  saysNothing,
  *read({ path, bytes }, { subject }) {
    yield bytes.length;
    const elf = elfOf(bytes, subject);
    if (elf === undefined) return [];
    const found: Package[] = [];
    for (const place of goPlaces(elf, bytes)) {
      const build = goBuildOf(place, elf, subject);
      if (build !== undefined) found.push(...goPackages(build, path));
    }
    const crates = cratesIn(elf);
    if (crates !== undefined)
      found.push(...rustPackages(bytes.subarray(crates.offset, crates.offset + crates.size), path, subject));
    return found;
  },
};
