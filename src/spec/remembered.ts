/** Texts that are kept of one function. */
const most = 1 << 12;

/** A function whose answers are worked out once, and are in memory once, for as many values as come first. */
export function remembered<T>(textOf: (value: T) => string): (value: T) => string {
  const known = new Map<T, string>();
  return value => {
    const text = known.get(value) ?? textOf(value);
    if (known.size < most) known.set(value, text);
    return text;
  };
}
