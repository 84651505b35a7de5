import { whileOpen } from './fill.ts';
import { loadNative } from './native.ts';
import { systemCode } from './system-error.ts';

/** Lets two paths change places in one step; false where the system has no such call, or the file system knows none. */
export function exchange(one: string | Buffer, other: string | Buffer): boolean {
  try {
    const native = loadNative();
    if (native === undefined) return false;
    whileOpen([one, other], () => native.exchange(one, other));
    return true;
  } catch (error) {
    if (!['ENOSYS', 'EINVAL', 'ENOTSUP', 'EPERM'].includes(systemCode(error) ?? '')) throw error;
    return false;
  }
}
