import { aclFault } from './acl-fault.ts';
import type { ByteString } from './node.ts';

/** Linux's XATTR_NAME_MAX, in bytes. */
const nameLimit = 255;
/** A name is that of a namespace and one in it. */
const bareNamespace = /^(?:user|trusted|security)\.$/;
/** How long capabilities are, by the revision that their first number has in its highest byte (linux/capability.h). */
const capabilitySizes: ReadonlyMap<number, number> = new Map([
  [2, 20],
  [3, 24],
]);

function capabilityFault(value: Uint8Array): string | undefined {
  const isSound = capabilitySizes.get(value[3] ?? 0) === value.length;
  return isSound ? undefined : 'are none of 20 or 24 bytes, as Linux keeps them';
}

/** Why Linux sets no such extended attribute (EINVAL, ERANGE or EACCES), whatever the disk; undefined where it may. */
export function xattrFault(name: ByteString, value: Uint8Array, isDirectory: boolean): string | undefined {
  if (name === '' || bareNamespace.test(name)) return 'has no name of its own';
  if (name.length > nameLimit) return `has a name of ${name.length} bytes`;
  if (name === 'security.capability') return capabilityFault(value);
  if (name === 'system.posix_acl_default' && !isDirectory) return 'is for directories alone';
  if (name.startsWith('system.posix_acl_')) return aclFault(value);
  return undefined;
}
