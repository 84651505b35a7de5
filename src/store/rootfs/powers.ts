import { hostIdOf, type IdMap, type IdMaps, sameIds } from '../../spec/id-map.ts';
import { hasOneID, idsOfProcess, isInUserNamespace } from '../disk/user-ids.ts';

/** How files are to be made; what is absent has its default. */
export interface MakingOptions {
  /** As somebody who is not root, whoever it is; what cannot be made gets a placeholder. */
  readonly rootless?: boolean | undefined;
  readonly uidMap?: IdMap | undefined;
  readonly gidMap?: IdMap | undefined;
}

/** How this process is to make files for a run: in a user namespace it can give them to those alone who are there. */
export function makingOfProcess(): MakingOptions {
  if (!isInUserNamespace()) return {};
  if (hasOneID()) return { rootless: true };
  const map = (kind: 'uid' | 'gid'): IdMap =>
    idsOfProcess(kind).map(({ inside, size }) => ({ containerID: inside, hostID: inside, size }));
  return { uidMap: map('uid'), gidMap: map('gid') };
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What this process can make of an image's files, and whose those on disk are. */
export interface Powers {
  /** Owners and devices are real. */
  readonly isRoot: boolean;
  /** It is root, and does not use it. */
  readonly isFeigned: boolean;
  readonly isRootless: boolean;
  /** An image's IDs and those on disk. */
  readonly maps: IdMaps;
  readonly hasMaps: boolean;
  /** Whose on disk the files are whose owner cannot be set. */
  readonly owner: Owner;
}

/** The powers of this process. Without root, and without maps, its user is the image's root. */
export function powersOf({ rootless = false, uidMap, gidMap }: MakingOptions = {}): Powers {
  const { uid, gid } = ownOwner();
  const isRoot = uid === 0 && !rootless;
  const own = (id: number): IdMap => (isRoot ? sameIds : [{ containerID: 0, hostID: id, size: 1 }]);
  const maps = { uids: uidMap ?? own(uid), gids: gidMap ?? own(gid) };
  const owner = isRoot ? { uid: hostIdOf(maps.uids, 0) ?? 0, gid: hostIdOf(maps.gids, 0) ?? 0 } : { uid, gid };
  const hasMaps = uidMap !== undefined || gidMap !== undefined;
  return { isRoot, isFeigned: uid === 0 && rootless, isRootless: rootless, maps, hasMaps, owner };
}

/** Whose the files are that this process makes. */
export const ownOwner = (): Owner => ({ uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 });

/** Whose on disk a file is to be. */
export function diskOwnerOf({ uid, gid }: Owner, { maps, owner }: Powers): Owner {
  return { uid: hostIdOf(maps.uids, uid) ?? owner.uid, gid: hostIdOf(maps.gids, gid) ?? owner.gid };
}
