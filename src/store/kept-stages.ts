import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { digestOf, encodedOf } from '../spec/digest.ts';
import { jsonText } from '../spec/document.ts';
import { Pace } from '../stream/pace.ts';
import { loadNative, type Native } from './disk/native.ts';
import { makeOwnDirectory } from './disk/own-directory.ts';
import { bootText } from './disk/owner.ts';
import { canLieBelow, hasClockOf } from './disk/remote.ts';
import { removeTree } from './disk/remove-tree.ts';
import { sealing } from './disk/seal.ts';
import { isSameFile, statOf } from './disk/stat.ts';
import { clearLeftBehind, makeTemporaryDirectory } from './disk/temporary.ts';
import { idsOfProcess } from './disk/user-ids.ts';
import { forgiving, readOwnFile } from './own-cache.ts';

/** So many stages are kept, those that were used last; more while they are in use. */
const mostKept = 8;
/** A disk of which less than this is free has no room for what could be made again. */
const leastFree = 0.1;
const sealLength = 64;
const exact = { bigint: true } as const;
const lockForm = /^([0-9a-f]{64})\.lock$/;

/** Fills an empty directory. */
type Lay = (directory: string) => Promise<void>;

/**
 * Root filesystems that are laid out once and stand in a directory of the user's own from one build to the next: `NAME/files`, and beside it what stat(2)
 * said of all of it, without which it is not believed. Whoever uses one holds a lock of it, so that nobody takes it away. State: which are held.
 */
export class KeptStages {
  readonly #cache: string;
  readonly #beside: string;
  readonly #signal: AbortSignal | undefined;
  readonly #known = new Map<string, Promise<string | undefined>>();
  readonly #held: number[] = [];

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

  /** Lets others take away what has been used. */
  close(): void {
    for (const lock of this.#held.splice(0)) closeSync(lock);
  }

  async #open(identity: string, lay: Lay): Promise<string | undefined> {
    const native = loadNative();
    if (native === undefined) return undefined;
    makeOwnDirectory(this.#cache);
    if (!hasClockOf(this.#cache, this.#cache) || !canLieBelow(this.#cache, this.#beside)) return undefined;
    const ids = [idsOfProcess('uid'), idsOfProcess('gid')];
    const name = encodedOf(digestOf(new TextEncoder().encode(jsonText(['stage 1', identity, ids]))));
    const lock = openLock(this.#cache, name);
    let isHeld = false;
    try {
      isHeld = await this.#holds(name, { lock, native, lay });
    } finally {
      if (isHeld) this.#held.push(lock);
      else closeSync(lock);
    }
    return isHeld ? join(this.#cache, name, 'files') : undefined;
  }

  /** Whether a stage is there, whole, and nobody can take it away. */
  async #holds(
    name: string,
    { lock, native, lay }: { readonly lock: number; readonly native: Native; readonly lay: Lay },
  ): Promise<boolean> {
    const takes = (how: 'shared' | 'exclusive'): boolean =>
      native.lockFile(lock, how) && isLockOf(lock, this.#cache, name);
    if (!takes('shared')) return false;
    if (!(await this.#isWhole(name))) {
      if (!takes('exclusive') || !hasRoom(this.#cache)) return false;
      await this.#make(name, lay);
      // For a moment in between nobody holds it.
      if (!takes('shared') || !existsSync(join(this.#cache, name))) return false;
    }
    // The time of its lock is when it was used.
    writeSync(lock, '\n', 0);
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
    await clearLeftBehind(this.#cache);
    const stage = makeTemporaryDirectory(this.#cache);
    try {
      const made = join(stage.path, name);
      const files = join(made, 'files');
      // Nobody else is to reach programs of an image that run as their owner.
      mkdirSync(made, { mode: 0o700 });
      mkdirSync(files, { mode: 0o755 });
      await lay(files);
      writeFileSync(join(made, 'seal'), await this.#sealOf(name, files), { mode: 0o600 });
      await removeTree(join(this.#cache, name));
      renameSync(made, join(this.#cache, name));
    } finally {
      await stage.remove();
    }
    await forgetOldest(this.#cache, name);
  }
}

const lockPath = (cache: string, name: string): string => join(cache, `${name}.lock`);
const openLock = (cache: string, name: string): number =>
  openSync(lockPath(cache, name), constants.O_RDWR | constants.O_CREAT, 0o600);

/** Whether an open lock is still the one that is there: whoever takes a stage away takes its lock as well. */
function isLockOf(lock: number, cache: string, name: string): boolean {
  const found = lstatSync(lockPath(cache, name), { ...exact, throwIfNoEntry: false });
  return found !== undefined && isSameFile(statOf(found), statOf(fstatSync(lock, exact)));
}

function hasRoom(directory: string): boolean {
  const { bavail, blocks } = statfsSync(directory);
  return bavail >= blocks * leastFree;
}

/** Takes away what was used longest ago, and what is in use by nobody. */
async function forgetOldest(cache: string, newest: string): Promise<void> {
  const names = readdirSync(cache)
    .flatMap(file => lockForm.exec(file)?.[1] ?? [])
    .filter(name => name !== newest);
  const used = names.map(name => ({ name, time: lstatSync(lockPath(cache, name)).mtimeMs }));
  for (const { name } of used.sort((one, other) => other.time - one.time).slice(mostKept - 1)) {
    const lock = openLock(cache, name);
    try {
      if (loadNative()?.lockFile(lock) !== true || !isLockOf(lock, cache, name)) continue;
      await removeTree(join(cache, name));
      rmSync(lockPath(cache, name));
    } finally {
      closeSync(lock);
    }
  }
}
