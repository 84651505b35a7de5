import { hostIdOf, type IdMap, type IdMaps } from '../spec/id-map.ts';
import { linux, type Mount, mounts } from './runtime-defaults.ts';

/** The user namespace of a container. */
export interface UserNamespace {
  readonly maps: IdMaps;
  /** A user who is not root makes it: no network of its own, no control groups, no sysfs of its own. */
  readonly isRootless: boolean;
}

/** A mount option that names an ID says nothing where the namespace lacks that ID: a runtime would refuse it. */
function isMapped(option: string, { uids, gids }: IdMaps): boolean {
  const match = /^(uid|gid)=(\d+)$/.exec(option);
  if (match === null) return true;
  return hostIdOf(match[1] === 'uid' ? uids : gids, Number(match[2])) !== undefined;
}

function mountIn(mount: Mount, { maps, isRootless }: UserNamespace): Mount {
  if (isRootless && mount.type === 'sysfs')
    return { ...mount, type: 'none', source: mount.destination, options: ['rbind', ...mount.options] };
  return { ...mount, options: mount.options.filter(option => isMapped(option, maps)) };
}

const rangesOf = (map: IdMap): object[] => map.map(({ containerID, hostID, size }) => ({ containerID, hostID, size }));

/** What of a runtime's config depends on the user namespace, if there is one (runtime-spec config-linux.md; as `runc spec --rootless`). */
export function isolation(namespace: UserNamespace | undefined): {
  readonly mounts: readonly Mount[];
  readonly linux: object;
} {
  if (namespace === undefined) return { mounts, linux };
  const { resources, namespaces, ...rest } = linux;
  const kept = namespaces.filter(({ type }) => !namespace.isRootless || type !== 'network');
  return {
    mounts: mounts.map(mount => mountIn(mount, namespace)),
    linux: {
      uidMappings: rangesOf(namespace.maps.uids),
      gidMappings: rangesOf(namespace.maps.gids),
      ...(namespace.isRootless ? {} : { resources }),
      namespaces: [...kept, { type: 'user' }],
      ...rest,
    },
  };
}
