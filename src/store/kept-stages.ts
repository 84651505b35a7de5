import { closeSync, existsSync, mkdirSync, renameSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, encodedOf } from '../spec/digest.ts';
import { jsonText } from '../spec/document.ts';
import { Pace } from '../stream/pace.ts';
import { loadNative } from './disk/native.ts';
import { makeOwnDirectory } from './disk/own-directory.ts';
import { bootText } from './disk/owner.ts';
import { makePlainDirectory } from './disk/plain-directory.ts';
import { canLieBelow, hasClockOf } from './disk/remote.ts';
import { removeTree } from './disk/remove-tree.ts';
import { sealing } from './disk/seal.ts';
import { clearLeftBehind, makeTemporaryDirectory, type TemporaryDirectory } from './disk/temporary.ts';
import { idsOfProcess } from './disk/user-ids.ts';
import { forgiving, readOwnFile } from './own-cache.ts';
import { forgetOldest, noteUse, openLock, takesLock } from './stage-lock.ts';

/** So many stages of a kind are kept, those that were used last; more while they are in use. */
const mostKept = 8;
/** A disk of which less than this is free has no room for what could be made again. */
const leastFree = 0.1;
const sealLength = 64;

/** Fills an empty directory. */
type Lay = (directory: string) => Promise<void>;

/** A stage in the making, which goes with its temporary directory unless it is put in its place. */
interface Staged {
  readonly temporary: TemporaryDirectory;
  readonly made: string;
  readonly files: string;
}

/** A stage that is filled, and the seal that it gets. */
interface Filled {
  readonly staged: Staged;
  readonly name: string;
  readonly seal: Promise<string>;
}

/**
 * Root filesystems, or what lies on them, that are laid out once and stand in a directory of the user's own from one build to the next: `NAME/files`, and beside it what stat(2)
 * said of all of it, without which it is not believed. Whoever uses one holds a lock of it, so that nobody takes it away. State: which are held.
 */
export class KeptStages {
  readonly #cache: string;
  readonly #beside: string;
  readonly #signal: AbortSignal | undefined;
  readonly #known = new Map<string, Promise<string | undefined>>();
  readonly #held: number[] = [];
  readonly #staged = new Map<string, Staged>();
  readonly #filled: Filled[] = [];
  #forgetting: Promise<void> = Promise.resolve();

  /** What lies on a stage will be in the directory `beside`. */
  constructor(
    cache: string,
    { beside, signal }: { readonly beside: string; readonly signal?: AbortSignal | undefined },
  ) {
    this.#cache = cache;
    this.#beside = beside;
    this.#signal = signal;
  }

  /**
   * The directory of what `identity` names, which nobody may change; `lay` makes it where it is not there. Undefined where nothing can be kept: another
   * process is making it, the disk has no room, is another machine's or of a kind that nothing can lie on, or the cache is somebody else's.
   */
  of(identity: string, lay: Lay): Promise<string | undefined> {
    const known = this.#known.get(identity) ?? forgiving(() => this.#open(identity, lay));
    this.#known.set(identity, known);
    return known;
  }

  /** An empty directory for so many bytes that may stay (`keep`). Undefined where nothing can be kept. */
  open(size: number): Promise<string | undefined> {
    return forgiving(async () => {
      if (!this.#canKeep() || !(await this.#hasRoom(size))) return undefined;
      const staged = await makeStaged(this.#cache);
      this.#staged.set(staged.files, staged);
      return staged.files;
    });
  }

  /** Takes away what `open` gave; false of any other directory. */
  async drop(files: string): Promise<boolean> {
    const staged = this.#staged.get(files);
    if (staged !== undefined) await forgiving(() => staged.temporary.remove());
    return this.#staged.delete(files);
  }

  /**
   * What `open` gave is filled, and nobody changes it any more: when this is closed it becomes what `identity` names, and until then lies where it does.
   * Of any other directory nothing becomes.
   */
  keep(files: string, identity: string): void {
    const staged = this.#staged.get(files);
    if (staged === undefined) return;
    const name = nameOf(identity);
    const seal = this.#sealOf(name, files);
    this.#filled.push({ staged, name, seal });
    const names = this.#filled.map(one => one.name);
    this.#forgetting = this.#forgetting.then(() => this.#makeWay(names));
    // They are waited for at the end.
    for (const work of [seal, this.#forgetting]) work.catch(() => undefined);
  }

  /** Puts what was filled last in its place, and lets others take away what has been used. */
  async close(): Promise<void> {
    try {
      await forgiving(() => this.#forgetting);
      for (const one of this.#filled.slice(-mostKept)) await forgiving(() => this.#put(one));
    } finally {
      await Promise.allSettled([this.#forgetting, ...this.#filled.map(({ seal }) => seal)]);
      for (const lock of this.#held.splice(0)) closeSync(lock);
      for (const files of [...this.#staged.keys()]) await this.drop(files);
    }
  }

  /** Where the disk is nearly full, nothing that could be made again stays on it. */
  async #hasRoom(size: number): Promise<boolean> {
    if (!hasRoom(this.#cache, 0)) await forgetOldest(this.#cache, { most: 0, signal: this.#signal });
    return hasRoom(this.#cache, size);
  }

  /** So that with these no more than are kept are there. */
  #makeWay(names: readonly string[]): Promise<void> {
    const most = Math.max(0, mostKept - names.length);
    return forgetOldest(this.#cache, { most, but: names, signal: this.#signal });
  }

  #canKeep(): boolean {
    if (loadNative() === undefined) return false;
    makeOwnDirectory(this.#cache);
    return hasClockOf(this.#cache, this.#cache) && canLieBelow(this.#cache, this.#beside);
  }

  async #open(identity: string, lay: Lay): Promise<string | undefined> {
    if (!this.#canKeep()) return undefined;
    const name = nameOf(identity);
    const lock = openLock(this.#cache, name);
    let isHeld = false;
    try {
      isHeld = await this.#holds(name, lock, lay);
    } finally {
      if (isHeld) this.#held.push(lock);
      else closeSync(lock);
    }
    return isHeld ? join(this.#cache, name, 'files') : undefined;
  }

  /** Whether a stage is there, whole, and nobody can take it away. */
  async #holds(name: string, lock: number, lay: Lay): Promise<boolean> {
    const takes = (how: 'shared' | 'exclusive'): boolean => takesLock(this.#cache, name, { lock, how });
    if (!takes('shared')) return false;
    if (!(await this.#isWhole(name))) {
      if (!takes('exclusive') || !(await this.#hasRoom(0))) return false;
      await this.#make(name, lay);
      // For a moment in between nobody holds it.
      if (!takes('shared') || !existsSync(join(this.#cache, name))) return false;
    }
    noteUse(lock);
    return true;
  }

  async #isWhole(name: string): Promise<boolean> {
    const place = join(this.#cache, name);
    if (!existsSync(place)) return false;
    return (
      (await forgiving(async () => {
        const said = new TextDecoder().decode(readOwnFile(join(place, 'seal'), sealLength));
        return said === (await this.#sealOf(name, join(place, 'files')));
      })) === true
    );
  }

  /** What a crash of the machine may have lost of contents, stat(2) does not tell: a seal is good until the next start. */
  #sealOf(name: string, files: string): Promise<string> {
    return new Pace(this.#signal).run(sealing(files, `${name} ${bootText()}`));
  }

  async #make(name: string, lay: Lay): Promise<void> {
    const staged = await makeStaged(this.#cache);
    try {
      await lay(staged.files);
      await settle(this.#cache, { staged, name, seal: this.#sealOf(name, staged.files) });
    } finally {
      await staged.temporary.remove();
    }
    await this.#makeWay([name]);
  }

  /** What somebody uses stays in its place. */
  async #put(filled: Filled): Promise<void> {
    await filled.seal;
    const lock = openLock(this.#cache, filled.name);
    try {
      if (!takesLock(this.#cache, filled.name, { lock, how: 'exclusive' })) return;
      await settle(this.#cache, filled);
      noteUse(lock);
    } finally {
      closeSync(lock);
    }
  }
}

/** A stage is known by what it is of, and by whose users made it. */
function nameOf(identity: string): string {
  const ids = [idsOfProcess('uid'), idsOfProcess('gid')];
  return encodedOf(digestOf(new TextEncoder().encode(jsonText(['stage 1', identity, ids]))));
}

async function makeStaged(cache: string): Promise<Staged> {
  await clearLeftBehind(cache);
  const temporary = makeTemporaryDirectory(cache);
  const made = join(temporary.path, 'stage');
  const files = join(made, 'files');
  try {
    // Nobody else is to reach programs of an image that run as their owner.
    mkdirSync(made, { mode: 0o700 });
    makePlainDirectory(files, 0o755);
  } catch (error) {
    await temporary.remove();
    throw error;
  }
  return { temporary, made, files };
}

/** Puts a stage in its place, whose lock nobody else holds. */
async function settle(cache: string, { staged, name, seal }: Filled): Promise<void> {
  writeFileSync(join(staged.made, 'seal'), await seal, { mode: 0o600 });
  await removeTree(join(cache, name));
  renameSync(staged.made, join(cache, name));
}

function hasRoom(directory: string, size: number): boolean {
  const { bavail, blocks, bsize } = statfsSync(directory);
  return bavail - size / bsize >= blocks * leastFree;
}
