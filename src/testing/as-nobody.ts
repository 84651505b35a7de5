/** The ordinary user, and the group, that tests work as. */
export const nobody = 65_534;

/** Makes this process an ordinary user's, where root asks for it, until what it gives back is called. */
function becomeNobody(): () => void {
  if (process.geteuid?.() !== 0) return () => undefined;
  process.setegid?.(nobody);
  process.seteuid?.(nobody);
  return () => {
    process.seteuid?.(0);
    process.setegid?.(0);
  };
}

/** Does work as an ordinary user, where root asks for it; as who runs the test otherwise. */
export async function asNobody<T>(action: () => T | Promise<T>): Promise<T> {
  const back = becomeNobody();
  try {
    return await action();
  } finally {
    back();
  }
}

/** The same for what is done at once. */
export function asNobodyNow<T>(action: () => T): T {
  const back = becomeNobody();
  try {
    return action();
  } finally {
    back();
  }
}
