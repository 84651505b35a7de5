/** Nanoseconds. */
export const second = 1_000_000_000n;

/** Whole seconds of a time in nanoseconds, rounded down: before 1970 too, as tar and file systems do. */
export function secondsOf(nanoseconds: bigint): bigint {
  const seconds = nanoseconds / second;
  return seconds * second > nanoseconds ? seconds - 1n : seconds;
}

/** A time in nanoseconds as layers have it. */
export const wholeSeconds = (nanoseconds: bigint): bigint => secondsOf(nanoseconds) * second;
