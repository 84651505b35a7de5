import { systemError } from '../../errors.ts';

export { systemCode, systemError } from '../../errors.ts';

/** What `action` returns; the operating system's errors become OciErrors. */
export function onDisk<T>(subject: string, expected: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw systemError(error, subject, expected);
  }
}
