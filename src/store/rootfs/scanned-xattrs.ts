import { type ByteString, type Meta, noXattrs, type Path } from '../../tree/node.ts';
import { textOf } from '../../tree/path.ts';
import type { Descent } from '../disk/descent.ts';
import { diskPath } from '../disk/disk-path.ts';
import { withLeaveAt } from '../disk/leave.ts';
import type { LostXattr, Native } from '../disk/native.ts';
import type { Stat } from '../disk/stat.ts';

interface From {
  readonly descent: Descent;
  readonly native: Native | undefined;
  /** What cannot be read is a sentence more, once a kind. */
  readonly warnings: string[];
}

/** The extended attributes of what a walk meets, in the directory that its descent is in. State: what it has warned of. */
export class ScannedXattrs {
  readonly #root: string;
  readonly #from: From;
  readonly #warned = new Set<string>();

  constructor(root: string, from: From) {
    this.#root = root;
    this.#from = from;
  }

  of({ path, name, stat }: { readonly path: Path; readonly name: ByteString; readonly stat: Stat }): Meta['xattrs'] {
    const { native, descent } = this.#from;
    if (native === undefined) {
      this.#warn('xattrs', 'extended attributes are not read: the optional package koffi is not there');
      return noXattrs;
    }
    if (!this.#mayHaveAny(native, path)) return noXattrs;
    const lost: LostXattr = (xattr, code) =>
      this.#warn(xattr, `/${textOf(path)}: extended attribute '${textOf(xattr)}' is not read (${code})`);
    const place = descent.place(name);
    return descent.reach(() => withLeaveAt(place, stat, () => native.readXattrs(place, lost))) ?? noXattrs;
  }

  /**
   * Nearly nothing has any, and the plain path, which may lead elsewhere by now, says so in half the time: what it finds is not
   * believed. A fifth of the scan's time.
   */
  #mayHaveAny(native: Native, path: Path): boolean {
    try {
      return native.readXattrs(diskPath(this.#root, path)) !== undefined;
    } catch {
      return true;
    }
  }

  /** Adds a sentence unless one of its kind is there. */
  #warn(kind: string, text: string): void {
    if (!this.#warned.has(kind)) this.#from.warnings.push(text);
    this.#warned.add(kind);
  }
}
