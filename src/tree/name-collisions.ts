import type { ByteString, Path } from './node.ts';
import { exactTextOf, joinPath, nameOf, parentOf } from './path.ts';

/** What may be written in another way: all but lower-case ASCII. */
const mayDiffer = /[A-Z\x80-\xff]/;

/** Names of one directory that some disks take for one: `case` of letters, or the `unicode` way of writing the same text. */
interface NameCollision {
  readonly kind: 'case' | 'unicode';
  readonly path: Path;
  readonly other: Path;
}

/** The names of one directory that differ only in case or normalisation, each but the first of them. */
export function* nameCollisions(paths: Iterable<Path>, has: (path: Path) => boolean): Generator<NameCollision> {
  const met = new Map<string, Path>();
  for (const path of paths) {
    const name = nameOf(path);
    if (!mayDiffer.test(name)) continue;
    const text = exactTextOf(name) ?? name;
    const [composed, folded] = [text.normalize('NFC'), text.normalize('NFC').toLowerCase()];
    const key = `${parentOf(path)}/${folded}`;
    const plain = joinPath(parentOf(path), folded);
    const other = met.get(key) ?? (plain !== path && has(plain) ? plain : undefined);
    if (other === undefined) met.set(key, path);
    else yield { kind: sameText(nameOf(other), composed) ? 'unicode' : 'case', path, other };
  }
}

const sameText = (name: ByteString, composed: string): boolean =>
  (exactTextOf(name) ?? name).normalize('NFC') === composed;
