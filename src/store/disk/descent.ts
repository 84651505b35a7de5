import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
} from 'node:fs';
import { changed } from '../../errors.ts';
import type { ByteString, Path } from '../../tree/node.ts';
import { joinPath, textOf } from '../../tree/path.ts';
import { diskPath } from './disk-path.ts';
import { handles, nameOnly } from './handles.ts';
import { withLeave } from './leave.ts';
import type { Native } from './native.ts';
import { type Identity, isSameFile, type Stat, statOf } from './stat.ts';
import { systemCode } from './system-error.ts';

/** How a directory is opened, and nothing else, and no symbolic link followed. */
export const directoryFlags: number = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | nameOnly;
const exact = { bigint: true } as const;
/** So many directories are kept open: as deep as trees are (of a Debian's directories fewer than one in a thousand lie deeper). Those above them are found again through `..`. */
const keptOpen = 16;
const wide = /[^\x01-\x7f]/;
/** Codes of a name that is gone, or of another type than it was. */
const otherwise: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EINVAL']);

/** Whether an error says that something is not what it was when it was listed. */
export const isOtherwise = (error: unknown): boolean => otherwise.has(systemCode(error));

interface Level extends Identity {
  readonly path: Path;
  descriptor: number | undefined;
}

function identityOf(found: BigIntStats): Identity {
  return { device: found.dev, inode: found.ino };
}

function leadsTo(place: string, id: Identity): boolean {
  try {
    return isSameFile(identityOf(lstatSync(place, exact)), id);
  } catch {
    return false;
  }
}

/**
 * A way through the directories below a root. Each is opened in the one above it, no symbolic link followed, and what is in it
 * is reached through its descriptor: whatever is renamed meanwhile, nothing outside the root is ever looked at, and paths may
 * be longer than a system call takes. Without /proc (`handles` is undefined) names lead from the root, and `check` says
 * afterwards whether the directory is still the one that was opened: a swap that is undone in between is not noticed.
 * A directory of our own whose mode keeps us out (0000) lets us in for as long as each look takes, as long as there is /proc.
 * State: the directory it is in, and which of those above are open. Throws `conflict` for a directory that is not what it was.
 */
export class Descent {
  readonly #root: string;
  readonly #handles: string | undefined;
  readonly #use: 'read' | 'written';
  readonly #levels: Level[] = [];

  /** `root` is a directory's path without symbolic links. */
  constructor(
    root: string,
    options: { readonly handles?: string | undefined; readonly use?: 'read' | 'written' } = { handles },
  ) {
    this.#root = root;
    this.#use = options.use ?? 'read';
    const descriptor = openSync(root, directoryFlags);
    const id = identityOf(fstatSync(descriptor, exact));
    this.#levels.push({ path: '', descriptor, ...id });
    const shown = 'handles' in options ? options.handles : handles;
    this.#handles = shown !== undefined && leadsTo(`${shown}/${descriptor}/.`, id) ? shown : undefined;
  }

  /** Lets go of everything that is open. */
  close(): void {
    for (const { descriptor } of this.#levels.splice(0)) if (descriptor !== undefined) closeSync(descriptor);
  }

  /** Goes to a directory, which must be the one that is expected where that is said. */
  enter(path: Path, expected?: Identity): void {
    while (!this.#isAbove(path)) this.#ascend();
    const { path: from } = this.#top;
    const rest = from === '' ? path : path.slice(from.length + 1);
    if (rest !== '') for (const name of rest.split('/')) this.#descend(name);
    if (expected !== undefined && !isSameFile(this.#top, expected)) throw this.#changed(path);
  }

  /** Goes out of a path that is to go, so that another in its place is another. */
  leave(path: Path): void {
    while (this.#top.path === path || this.#top.path.startsWith(`${path}/`)) this.#ascend();
  }

  /** The descriptor of this directory, which only names it (O_PATH); undefined without /proc. */
  get held(): number | undefined {
    return this.#handles === undefined ? undefined : this.#top.descriptor;
  }

  /** What a name of this directory is. */
  stat(name: ByteString, native: Native | undefined): Stat {
    const descriptor = this.#top.descriptor as number;
    return this.reach(() => native?.statAt?.(descriptor, name) ?? statOf(lstatSync(this.place(name), exact)));
  }

  /** What an action on names of this directory gives, which may need leave of the directory's mode. */
  reach<T>(action: () => T): T {
    return this.#handles === undefined ? action() : withLeave(this.#top.descriptor as number, 0o500, action);
  }

  /** Where a name of this directory is. A `.` is the directory itself. */
  place(name: ByteString): string | Buffer {
    const { path, descriptor } = this.#top;
    if (this.#handles === undefined) return diskPath(this.#root, name === '.' ? path : joinPath(path, name));
    return diskPath(`${this.#handles}/${descriptor}`, name);
  }

  /** The names in this directory. Those outside ASCII are read again as bytes: decoding would lose some. */
  names(): ByteString[] {
    const place = this.#placeOf(this.#top);
    return this.reach(() => {
      const names = readdirSync(place, 'utf8');
      if (!names.some(name => wide.test(name))) return names;
      return readdirSync(place, 'buffer').map(name => name.toString('latin1'));
    });
  }

  /** Throws where names may have led elsewhere than into this directory. */
  check(): void {
    if (this.#handles !== undefined) return;
    const { path } = this.#top;
    const place = Buffer.from(diskPath(this.#root, path));
    const isThere = realpathSync.native(place, 'buffer').equals(place);
    if (!isThere || !isSameFile(identityOf(lstatSync(place, exact)), this.#top)) throw this.#changed(path);
  }

  get #top(): Level {
    return this.#levels.at(-1) as Level;
  }

  #isAbove(path: Path): boolean {
    const { path: at } = this.#top;
    return at === '' || at === path || (path.startsWith(at) && path[at.length] === '/');
  }

  #placeOf({ path, descriptor }: Level): string | Buffer {
    return this.#handles === undefined ? diskPath(this.#root, path) : `${this.#handles}/${descriptor}`;
  }

  #descend(name: ByteString): void {
    const path = joinPath(this.#top.path, name);
    const descriptor = this.reach(() => this.#open(this.place(name), path));
    this.#levels.push({ path, descriptor, ...identityOf(fstatSync(descriptor, exact)) });
    const far = this.#levels.at(-1 - keptOpen);
    if (far?.descriptor === undefined || far.path === '') return;
    closeSync(far.descriptor);
    far.descriptor = undefined;
  }

  #ascend(): void {
    const above = this.#levels.at(-2) as Level;
    if (above.descriptor === undefined) {
      const place = this.#handles === undefined ? this.#placeOf(above) : this.place('..');
      above.descriptor = this.reach(() => this.#open(place, above.path));
      if (!isSameFile(identityOf(fstatSync(above.descriptor, exact)), above)) throw this.#changed(above.path);
    }
    const { descriptor } = this.#levels.pop() as Level;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  #open(place: string | Buffer, path: Path): number {
    try {
      return openSync(place, directoryFlags);
    } catch (error) {
      throw isOtherwise(error) ? this.#changed(path) : error;
    }
  }

  #changed(path: Path): Error {
    return changed(path === '' ? this.#root : `/${textOf(path)}`, 'a directory', this.#use);
  }
}
