import { createRequire, syncBuiltinESMExports } from 'node:module';

type Call = (...values: unknown[]) => unknown;

/** The calls of node:fs that change a disk and that a disk may refuse. */
const calls = [
  'writeSync',
  'writevSync',
  'writeFileSync',
  'renameSync',
  'fsyncSync',
  'fsync',
  'mkdirSync',
  'mkdtempSync',
  'linkSync',
  'symlinkSync',
  'copyFileSync',
  'fchmodSync',
  'chmodSync',
  'openSync',
] as const;

const fs = createRequire(import.meta.url)('node:fs') as Record<string, Call>;

function fault(call: string, code: string): Error {
  return Object.assign(new Error(`${code}: made up, ${call}`), { code, syscall: call, errno: -28 });
}

const isWriting = (name: string, flags: unknown): boolean =>
  name !== 'openSync' || (typeof flags === 'string' ? /[wa+]/.test(flags) : (Number(flags ?? 0) & 0o103) !== 0);

/**
 * Does work on a disk whose call number `failing` (from 1) fails with `code`, once; with 0 none does. Answers how the work ended
 * and how many calls it made.
 */
export async function onFaultyDisk(
  failing: number,
  code: string,
  work: () => Promise<unknown>,
): Promise<{ readonly error: unknown; readonly calls: number; readonly failed: string }> {
  const originals = calls.map(name => [name, fs[name] as Call] as const);
  let [count, failed] = [0, ''];
  for (const [name, original] of originals) {
    fs[name] = (...values: unknown[]) => {
      if (!isWriting(name, values[1]) || ++count !== failing) return original(...values);
      failed = name;
      const last = values.at(-1);
      if (typeof last !== 'function') throw fault(name, code);
      setImmediate(() => last(fault(name, code)));
      return undefined;
    };
  }
  syncBuiltinESMExports();
  try {
    const error = await work().then(
      () => undefined,
      (reason: unknown) => reason ?? 'nothing',
    );
    return { error, calls: count, failed };
  } finally {
    for (const [name, original] of originals) fs[name] = original;
    syncBuiltinESMExports();
  }
}
