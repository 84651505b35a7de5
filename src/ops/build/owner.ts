import { resolveUser, type UserFiles } from '../../image/user.ts';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const isNumber = (text: string): boolean => /^\d{1,10}$/.test(text);

/** Whether names have to be looked up in the image's files. */
export const needsUserFiles = (owner: string): boolean =>
  owner.split(':').some(part => part !== '' && part !== 'root' && !isNumber(part));

/**
 * The owner that COPY's `chown` and WORKDIR's USER name, as BuildKit reads them: a number needs no user of that number and is the
 * group as well where none is said. Throws `invalid` for a name that the files lack.
 */
export function buildOwner(owner: string, files: UserFiles): Owner {
  const colon = owner.indexOf(':');
  const [name, group] = colon < 0 ? [owner, undefined] : [owner.slice(0, colon), owner.slice(colon + 1)];
  const user = userOf(name, files);
  if (group === undefined) return user;
  if (group === '' || group === 'root') return { ...user, gid: 0 };
  return { ...user, gid: isNumber(group) ? Number(group) : resolveUser(`0:${group}`, files).gid };
}

function userOf(name: string, files: UserFiles): Owner {
  if (isNumber(name)) return { uid: Number(name), gid: Number(name) };
  if (name === '' || name === 'root') return { uid: 0, gid: 0 };
  const { uid, gid } = resolveUser(name, files);
  return { uid, gid };
}
