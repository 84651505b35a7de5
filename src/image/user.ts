import { badOption, invalid } from '../errors.ts';
import { editDistance } from '../spec/edit-distance.ts';

/** The text of a root filesystem's `/etc/passwd` and `/etc/group`; empty where there is none. */
export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
}

/** Who a container's process runs as. */
interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  /** The home directory, where passwd names one. */
  readonly home?: string;
}

/** Linux takes larger ids; runtimes do not. */
const largestId = 2 ** 31 - 1;

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/**
 * Resolves `User` of a config: `user`, `uid`, `user:group`, `uid:gid` and so on; empty is root (image-spec config.md and
 * conversion.md). Additional groups are set for a name without a group. Throws `invalid` for a name that the files lack.
 */
export function resolveUser(user: string, files: UserFiles): ProcessUser {
  const colon = user.indexOf(':');
  const [name, group] = colon < 0 ? [user, ''] : [user.slice(0, colon), user.slice(colon + 1)];
  const account = findAccount(name, files.passwd);
  const id = parseId(name === '' ? '0' : name);
  if (account === undefined && id === undefined)
    throw invalid(`User '${user}'`, 'a uid or a user of /etc/passwd', `'${name}'`);
  const uid = account?.uid ?? (id as number);
  const gid = group === '' ? (account?.gid ?? 0) : findGroup(group, files.group, user);
  const byName = account !== undefined && group === '' && (name === '' || parseId(name) === undefined);
  return {
    uid,
    gid,
    additionalGids: byName ? groupsOf(account.name, files.group, gid) : [],
    ...(account?.home ? { home: account.home } : {}),
  };
}

/** Names that a person may have meant. */
function near(name: string, lines: readonly string[][]): string {
  const names = lines.map(([known = '']) => known).filter(known => known !== '');
  const close = names.filter(known => editDistance(known, name) <= 2);
  const shown = (close.length > 0 ? close : names).slice(0, 10).join(', ');
  return shown === '' ? 'the image names nobody' : `there are ${shown}`;
}

/**
 * The owner that `USER[:GROUP]` names, by the image's own files; a number need not be in them, and is the group as well where none
 * is said and the user is unknown (as docker's `--chown` has it). Throws `usage` with the names that are near.
 */
export function resolveOwner(owner: string, files: UserFiles): { readonly uid: number; readonly gid: number } {
  const [, name = '', group] = /^([^:]*)(?::([\s\S]*))?$/.exec(owner) ?? [];
  const account = name === '' ? undefined : findAccount(name, files.passwd);
  const uid = name === '' ? 0 : (account?.uid ?? parseId(name));
  if (uid === undefined)
    throw badOption('owner', `expected a uid or a user of the image, got '${name}'`, {
      hint: near(name, linesOf(files.passwd)),
    });
  if (!group) return { uid, gid: account?.gid ?? uid };
  const known = [...groupsIn(files.group)].find(({ name: listed }) => listed === group)?.gid ?? parseId(group);
  if (known === undefined)
    throw badOption('owner', `expected a gid or a group of the image, got '${group}'`, {
      hint: near(group, linesOf(files.group)),
    });
  return { uid, gid: known };
}

/** What ids are called in these files: the first name of each counts. */
export function namesOfIds({ passwd, group }: UserFiles): {
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
} {
  const [users, groups] = [new Map<number, string>(), new Map<number, string>()];
  for (const [name = '', , uid] of linesOf(passwd)) {
    const id = parseId(uid);
    if (id !== undefined && name !== '' && !users.has(id)) users.set(id, name);
  }
  for (const { name, gid } of groupsIn(group)) if (name !== '' && !groups.has(gid)) groups.set(gid, name);
  return { users, groups };
}

function parseId(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= largestId ? id : undefined;
}

function findAccount(name: string, passwd: string): Account | undefined {
  const uid = parseId(name === '' ? '0' : name);
  for (const fields of linesOf(passwd)) {
    const account = { name: fields[0] ?? '', uid: parseId(fields[2]), gid: parseId(fields[3]), home: fields[5] ?? '' };
    if (account.uid === undefined || account.gid === undefined) continue;
    if (account.uid === uid || (name !== '' && account.name === name)) return account as Account;
  }
  return undefined;
}

function findGroup(name: string, text: string, user: string): number {
  const gid = parseId(name);
  for (const group of groupsIn(text)) if (group.name === name || group.gid === gid) return group.gid;
  if (gid === undefined) throw invalid(`User '${user}'`, 'a gid or a group of /etc/group', `'${name}'`);
  return gid;
}

function groupsOf(name: string, text: string, primary: number): number[] {
  const gids = new Set<number>();
  for (const group of groupsIn(text)) if (group.members.includes(name) && group.gid !== primary) gids.add(group.gid);
  return [...gids].sort((a, b) => a - b);
}

function* groupsIn(text: string): Generator<Group> {
  for (const fields of linesOf(text)) {
    const gid = parseId(fields[2]);
    if (gid !== undefined) yield { name: fields[0] ?? '', gid, members: (fields[3] ?? '').split(',') };
  }
}

function linesOf(text: string): string[][] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.split(':'));
}
