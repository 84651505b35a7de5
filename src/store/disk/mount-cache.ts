import { chmodSync, chownSync, closeSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { OciError, unsupported } from '../../errors.ts';
import { digestOf } from '../../spec/digest.ts';
import { loadNative } from './native.ts';
import { makeOwnDirectory } from './own-directory.ts';
import { onDisk } from './system-error.ts';

/** A directory that several runs share, one after the other or at once. */
export interface MountCache {
  readonly path: string;
  /** Whether it has just been made. */
  readonly isNew: boolean;
  /** Lets others have it. */
  release(): void;
}

interface Wanted {
  readonly sharing: 'shared' | 'private' | 'locked';
  readonly owner: { readonly mode: number; readonly uid: number; readonly gid: number } | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Milliseconds between two tries for a cache that another has. */
const wait = 100;
/** So many private caches of one name there are at most. */
const mostPrivate = 100;

/** Opens the cache of an id below a directory of the user's own. Throws `unsupported` where that is another's. */
export async function openMountCache(parent: string, id: string, wanted: Wanted): Promise<MountCache> {
  const name = digestOf(new TextEncoder().encode(id)).slice('sha256:'.length);
  const expected = 'a directory for caches';
  onDisk(parent, expected, () => makeOwnDirectory(parent));
  if (wanted.sharing === 'shared') return opened(join(parent, name), () => undefined, wanted);
  if (wanted.sharing === 'locked') {
    for (;;) {
      wanted.signal?.throwIfAborted();
      const release = hold(join(parent, `${name}.lock`));
      if (release !== undefined) return opened(join(parent, name), release, wanted);
      await new Promise(resolve => setTimeout(resolve, wait));
    }
  }
  for (let at = 0; at < mostPrivate; at++) {
    const own = at === 0 ? name : `${name}.${at}`;
    const release = hold(join(parent, `${own}.lock`));
    if (release !== undefined) return opened(join(parent, own), release, wanted);
  }
  throw new OciError('conflict', id, `expected at most ${mostPrivate} caches of it in use at once, got more`);
}

function opened(path: string, release: () => void, { owner }: Wanted): MountCache {
  const isNew = onDisk(path, 'a directory for a cache', () => {
    try {
      mkdirSync(path, { mode: 0o755 });
    } catch {
      if (lstatSync(path).isDirectory()) return false;
      throw unsupported(path, 'a directory for a cache', 'something else');
    }
    chmodSync(path, owner?.mode ?? 0o755);
    if (owner !== undefined && process.geteuid?.() === 0) chownSync(path, owner.uid, owner.gid);
    return true;
  });
  return { path, isNew, release };
}

/** What this process holds: without native calls nobody else is kept away. */
const held = new Set<string>();

/** Holds a lock until the answer is called; undefined where another has it. */
function hold(path: string): (() => void) | undefined {
  if (held.has(path)) return undefined;
  const file = onDisk(path, 'a lock', () => openSync(path, 'a', 0o600));
  if (loadNative()?.lockFile(file) === false) {
    closeSync(file);
    return undefined;
  }
  held.add(path);
  return () => {
    held.delete(path);
    closeSync(file);
  };
}
