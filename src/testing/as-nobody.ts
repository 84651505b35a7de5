/** The ordinary user, and the group, that tests work as. */
export const nobody = 65_534;

/** Does work as an ordinary user, where root asks for it; as who runs the test otherwise. */
export async function asNobody<T>(action: () => T | Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return action();
  process.setegid?.(nobody);
  process.seteuid?.(nobody);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
