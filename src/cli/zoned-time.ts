import { rfc3339 } from './units.ts';

/** A time zone's clock: the parts of a time there, its distance from UTC (`+0100`) and its short name (`CET`). */
type Clock = (time: number) => { readonly local: string; readonly offset: string; readonly name: string };

const clocks = new Map<string, Clock>();
const minute = 60_000;

function offsetText(minutes: number): string {
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}${String(rest).padStart(2, '0')}`;
}

/** ISO 8601 in whole seconds, without a zone. */
const isoText = (time: number): string => rfc3339(time).slice(0, -1);

/** English abbreviates some zones in America and some in Europe only; what has no name is called by its distance, as Go does. */
function makeClock(zone: string | undefined): Clock {
  const format = (locale: string) =>
    new Intl.DateTimeFormat(locale, {
      ...(zone === undefined ? {} : { timeZone: zone }),
      ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
      ...{ hourCycle: 'h23', timeZoneName: 'short', calendar: 'gregory', numberingSystem: 'latn' },
    });
  const formats = [format('en-US'), format('en-GB'), format('en-AU'), format('en-IN')];
  return time => {
    const parts = formats.map(one => new Map(one.formatToParts(time).map(({ type, value }) => [type, value])));
    const at = (type: Intl.DateTimeFormatPartTypes): number => Number(parts[0]?.get(type));
    const local = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'));
    const offset = offsetText(Math.round((local - Math.floor(time / 1000) * 1000) / minute));
    const names = parts.map(part => part.get('timeZoneName') ?? '');
    const name =
      names.find(text => /^[A-Z]{2,5}$/.test(text) && text !== 'GMT') ??
      (offset === '+0000' ? (names[0] ?? 'UTC') : offset.replace(/00$/, ''));
    return { local: isoText(local), offset, name };
  };
}

/** The clock of a zone; the system's where the name is none that is known. */
function clockOf(zone: string | undefined): Clock {
  const known = clocks.get(zone ?? '');
  if (known !== undefined) return known;
  let clock: Clock;
  try {
    clock = makeClock(zone === '' ? 'UTC' : zone);
  } catch {
    clock = makeClock(undefined);
  }
  clocks.set(zone ?? '', clock);
  return clock;
}

const isUTC = (zone: string | undefined): boolean => zone === 'UTC' || zone === '';

/** Go's time.String() in whole seconds: `2026-11-21 03:18:12 +0100 CET`. */
export function goTime(time: number, zone: string | undefined): string {
  if (isUTC(zone)) return `${isoText(time).replace('T', ' ')} +0000 UTC`;
  const { local, offset, name } = clockOf(zone)(time);
  return `${local.replace('T', ' ')} ${offset} ${name}`;
}

/** RFC 3339 in whole seconds, in a zone: `2026-11-21T03:18:12+01:00`. */
export function localTime(time: number, zone: string | undefined): string {
  if (isUTC(zone)) return rfc3339(time);
  const { local, offset } = clockOf(zone)(time);
  return offset === '+0000' ? `${local}Z` : `${local}${offset.slice(0, 3)}:${offset.slice(3)}`;
}
