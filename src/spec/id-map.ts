/** A range of user or group IDs in a container and the same many on the host (runtime-spec config-linux.md, "User namespace mappings"). */
interface IdRange {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

/** Which ID of a container is which one of the host: the first range that holds one counts. */
export type IdMap = readonly IdRange[];

/** What Linux has no user or group for: -1 leaves an owner as it is. */
const idEnd = 0xffff_ffff;
const form = /^(\d{1,10}):(\d{1,10})(?::(\d{1,10}))?$/;

/** Every ID is itself. */
export const sameIds: IdMap = [{ containerID: 0, hostID: 0, size: idEnd }];

/** `CONTAINER:HOST[:SIZE]` in decimal, of one ID where no size is said; undefined for anything else, and for what goes beyond 32 bits. */
export function parseIdRange(text: string): IdRange | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [containerID, hostID, size] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 1)];
  const isRange = size > 0 && containerID + size <= idEnd && hostID + size <= idEnd;
  return isRange ? { containerID, hostID, size } : undefined;
}

/** The text of a range. */
export const idRangeText = ({ containerID, hostID, size }: IdRange): string => `${containerID}:${hostID}:${size}`;

/** The host's ID of a container's; undefined where no range holds it. */
export function hostIdOf(map: IdMap, id: number): number | undefined {
  const range = map.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range && range.hostID + (id - range.containerID);
}

/** The container's ID of the host's; undefined where no range holds it. */
export function containerIdOf(map: IdMap, id: number): number | undefined {
  const range = map.find(({ hostID, size }) => id >= hostID && id < hostID + size);
  return range && range.containerID + (id - range.hostID);
}

/** The ranges of both kinds of IDs. */
export interface IdMaps {
  readonly uids: IdMap;
  readonly gids: IdMap;
}
