import type { ByteString, Meta } from './node.ts';

/**
 * Attributes that belong to the host a tree was seen on (labels, mapped ACLs, overlay's own marks) and never to an image. They
 * are passed over, silently, where a directory or a layer is read and where a layer is written; nothing else is. The README has the list.
 */
export function isHostXattr(name: ByteString): boolean {
  return (
    name === 'security.selinux' ||
    name === 'system.nfs4_acl' ||
    name.startsWith('trusted.overlay.') ||
    name.startsWith('user.overlay.')
  );
}

type Xattrs = Meta['xattrs'];

/** The names, in order, that two sets of attributes disagree about, the host's own left out. */
export function differingXattrs(before: Xattrs, after: Xattrs): ByteString[] {
  if (before === after || (before.size === 0 && after.size === 0)) return [];
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter(name => !isHostXattr(name) && !isSame(before.get(name), after.get(name))).sort();
}

function isSame(before: Uint8Array | undefined, after: Uint8Array | undefined): boolean {
  return before !== undefined && after !== undefined && Buffer.compare(before, after) === 0;
}

/** The attributes without the host's own. */
export function imageXattrs(xattrs: Xattrs): Xattrs {
  if (xattrs.size === 0 || ![...xattrs.keys()].some(isHostXattr)) return xattrs;
  return new Map([...xattrs].filter(([name]) => !isHostXattr(name)));
}
