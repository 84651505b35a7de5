import { systemCode, systemError } from '../../errors.ts';

export { systemCode, systemError } from '../../errors.ts';

/** What `action` returns; the operating system's errors become OciErrors. */
export function onDisk<T>(subject: string, expected: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw systemError(error, subject, expected);
  }
}

/** What the file system answers; undefined where it gives one of these codes, as another process was quicker. */
export function unlessRaced<T>(codes: readonly string[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || !codes.includes(code)) throw error;
    return undefined;
  }
}
