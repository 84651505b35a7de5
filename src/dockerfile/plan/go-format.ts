import type { Healthcheck } from '../../spec/objects.ts';
import { goQuoted } from '../go-quoted.ts';

/** A list of texts as Go's `%q` prints it: `["a" "b"]`. */
export const goQuotedList = (texts: readonly string[]): string => `[${texts.map(goQuoted).join(' ')}]`;

/** A list of texts as Go's `%v` prints it: `[a b]`. */
export const goList = (texts: readonly string[]): string => `[${texts.join(' ')}]`;

/** A HEALTHCHECK as Go's `%+v` prints its structure. */
export function goHealthcheck(check: Healthcheck): string {
  const durations = (['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const).map(
    name => `${name}:${goDuration(check[name] ?? 0)}`,
  );
  return `{Test:${goList(check.Test ?? [])} ${durations.join(' ')} Retries:${check.Retries ?? 0}}`;
}

/** Nanoseconds as Go prints a duration: `1m30s`, `1.5ms`, `0s`. */
function goDuration(nanoseconds: number): string {
  if (nanoseconds < 0) return `-${goDuration(-nanoseconds)}`;
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const whole = BigInt(nanoseconds);
  const [seconds, rest] = [whole / 1_000_000_000n, whole % 1_000_000_000n];
  const fraction = rest === 0n ? '' : `.${rest.toString().padStart(9, '0').replace(/0+$/, '')}`;
  const [hours, minutes] = [seconds / 3600n, (seconds / 60n) % 60n];
  const tail = `${seconds % 60n}${fraction}s`;
  if (hours > 0n) return `${hours}h${minutes}m${tail}`;
  return minutes > 0n ? `${minutes}m${tail}` : tail;
}
