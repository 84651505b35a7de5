import { readFileSync, writeFileSync } from 'node:fs';

/** The ids of a user namespace: of each range where it begins in it, where outside of it, and how many there are. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly size: number;
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** The ranges of `/etc/subuid` or `/etc/subgid` that a user has; shadow takes the user's name or number. */
function subordinate(path: string, names: readonly string[]): readonly (readonly [number, number])[] {
  const lines = textOf(path)
    .split('\n')
    .map(line => line.split(':'));
  return lines.flatMap(([name = '', start, count]): readonly (readonly [number, number])[] =>
    names.includes(name) && Number(count) > 0 ? [[Number(start), Number(count)]] : [],
  );
}

/** What a user and their group may map besides themselves: their own id is 0, others follow it. Undefined where there are none. */
export function subordinateRanges(
  uid: number,
  gid: number,
): { readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] } | undefined {
  const passwd = textOf('/etc/passwd').split('\n');
  const name = passwd.map(line => line.split(':')).find(([, , id]) => id === String(uid))?.[0] ?? '';
  const names = [name, String(uid)].filter(Boolean);
  const [uids, gids] = [subordinate('/etc/subuid', names), subordinate('/etc/subgid', names)];
  if (uids.length === 0 || gids.length === 0) return undefined;
  return { uids: rangesOf(uid, uids), gids: rangesOf(gid, gids) };
}

function rangesOf(own: number, others: readonly (readonly [number, number])[]): readonly IdRange[] {
  const ranges = [{ inside: 0, outside: own, size: 1 }];
  let inside = 1;
  for (const [outside, size] of others) {
    ranges.push({ inside, outside, size });
    inside += size;
  }
  return ranges;
}

/** The ids that there are for this process. */
export function idsOfProcess(kind: 'uid' | 'gid'): readonly IdRange[] {
  return textOf(`/proc/self/${kind}_map`)
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [inside = 0, outside = 0, size = 0] = line.trim().split(/\s+/).map(Number);
      return { inside, outside, size };
    });
}

/** Makes a new namespace of a process know its maker, as root, and nobody else. */
export function mapOneID(pid: number, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  writeFileSync(`/proc/${pid}/setgroups`, 'deny');
  writeFileSync(`/proc/${pid}/uid_map`, `0 ${uid} 1`);
  writeFileSync(`/proc/${pid}/gid_map`, `0 ${gid} 1`);
}

const all = 2 ** 32 - 1;

/** Whether the ids of this process are those of the machine: there is a user namespace around it otherwise. */
export function isInUserNamespace(): boolean {
  const [first, ...more] = idsOfProcess('uid');
  return first !== undefined && (more.length > 0 || first.inside !== 0 || first.outside !== 0 || first.size !== all);
}

/** Whether this process knows but one user, its own: nothing can be given to another. */
export const hasOneID = (): boolean => idsOfProcess('uid').reduce((sum, { size }) => sum + size, 0) === 1;

/** Whether this process is root, in its namespace. */
export const isRoot = (): boolean => process.geteuid?.() === 0;
