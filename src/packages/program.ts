import { OciError } from '../errors.ts';
import { programLimit } from '../limits.ts';
import type { Path } from '../tree/node.ts';
import type { PartialBody, Span } from '../tree/partial-body.ts';
import { constantsOf, elfOf, hasMagic, partIn } from './elf.ts';
import { goBuildOf, goPackages, goPlaces } from './go.ts';
import type { Glance, Package, PackageReader } from './package.ts';
import { rustPackages } from './rust.ts';

const library = /\.so(?:\.[^/]*)?$/;
const anyoneRuns = 0o111;
/** The name in the note that Go's linker puts on a program's first page. */
const goNote = Buffer.from('Go\0\0', 'latin1');

function packagesIn(body: PartialBody, path: Path, subject: string): readonly Package[] {
  const elf = elfOf(body, subject);
  if (elf === undefined) return [];
  const found: Package[] = [];
  for (const place of goPlaces(elf)) {
    const build = goBuildOf(place, elf, subject);
    if (build !== undefined) for (const one of goPackages(build, path)) found.push(one);
  }
  const [crates] = elf.sections('.dep-v0');
  if (crates !== undefined) for (const one of rustPackages(partIn(elf.bytes, crates), path, subject)) found.push(one);
  return found;
}

/** What a program is made of stands in data or behind what is loaded; strings of older Go among constants. Where it is not so, the file is read again. */
function unneeded(beginning: Uint8Array, size: number): readonly Span[] {
  if (!hasMagic(beginning)) return [{ start: beginning.length, end: size }];
  if (Buffer.from(beginning).includes(goNote)) return [];
  try {
    return constantsOf(beginning, size, 'program');
  } catch (error) {
    if (error instanceof OciError) return [];
    throw error;
  }
}

/** What is damaged says something: that it is. */
function says(body: PartialBody): ReturnType<Glance['says']> {
  try {
    return packagesIn(body, '', 'program').length === 0 ? 'nothing' : 'something';
  } catch (error) {
    if (error instanceof OciError) return body.missing.length === 0 ? 'something' : 'unknown';
    throw error;
  }
}

/** A program or a library (ELF) that says what it is made of: Go's build information, Rust's list of crates. */
export const program: PackageReader = {
  kind: 'manifest',
  isPlace: (path, { meta, size }) => size > 64 && ((meta.mode & anyoneRuns) !== 0 || library.test(path)),
  limit: programLimit,
  glance: { unneeded, says },
  *read({ path, bytes }, { subject }) {
    yield bytes.length;
    return packagesIn({ bytes, missing: [] }, path, subject);
  },
};
