const [headerSize, entrySize, version] = [4, 8, 2];
const owner = 1;
const user = 2;
const owningGroup = 4;
const group = 8;
const mask = 0x10;
const other = 0x20;
const tags = [owner, user, owningGroup, group, mask, other];
const single: readonly number[] = [owner, owningGroup, mask, other];

/**
 * Why Linux takes no such access control list (linux/posix_acl_xattr.h): entries in the order of their tags, and those that each
 * list has to have. Undefined where it may: what has another version it does not know and refuses as nothing of a list.
 */
export function aclFault(value: Uint8Array): string | undefined {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (value.length < headerSize || view.getUint32(0, true) !== version || value.length === headerSize) return undefined;
  if ((value.length - headerSize) % entrySize !== 0) return 'is a list that is cut';
  const seen: number[] = [];
  for (let at = headerSize; at < value.length; at += entrySize) {
    const tag = view.getUint16(at, true);
    const before = seen.at(-1) ?? 0;
    if (
      !tags.includes(tag) ||
      tag < before ||
      (tag === before && single.includes(tag)) ||
      view.getUint16(at + 2, true) > 7
    )
      return 'is a list whose entries are not in order';
    seen.push(tag);
  }
  const needsMask = seen.includes(user) || seen.includes(group);
  const isWhole = [owner, owningGroup, other, ...(needsMask ? [mask] : [])].every(tag => seen.includes(tag));
  return isWhole ? undefined : 'is a list without one of the entries that each has';
}
