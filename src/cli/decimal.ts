/** A number's decimal digits, rounded as Go rounds: exactly, ties to even. `exponent` is that of the first digit. */
interface Digits {
  readonly digits: string;
  readonly exponent: number;
}

/** Enough for the exact value of any double between 1e-15 and 1e21; further digits do not decide a tie. */
const exactDigits = 100;

function rounded(magnitude: number, count: number): Digits {
  const [mantissa, exponent] = magnitude.toExponential(exactDigits).split('e') as [string, string];
  const all = mantissa.replace('.', '');
  if (count < 0) return { digits: '', exponent: Number(exponent) };
  const kept = Math.min(count, all.length);
  const rest = all.slice(kept);
  const half = `5${'0'.repeat(Math.max(0, rest.length - 1))}`;
  const odd = kept > 0 && Number(all[kept - 1]) % 2 === 1;
  const up = rest !== '' && (rest > half || (rest === half && odd));
  if (!up) return { digits: all.slice(0, kept), exponent: Number(exponent) };
  const grown = String(BigInt(`0${all.slice(0, kept)}`) + 1n).padStart(kept, '0');
  return grown.length > kept
    ? { digits: grown, exponent: Number(exponent) + 1 }
    : { digits: grown, exponent: Number(exponent) };
}

const signOf = (value: number): string => (value < 0 || Object.is(value, -0) ? '-' : '');
const special = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf');

/** Go's `%.{precision}f`. */
export function fixedText(value: number, precision: number): string {
  if (!Number.isFinite(value)) return special(value);
  const magnitude = Math.abs(value);
  const first = magnitude === 0 ? 0 : Number(magnitude.toExponential(exactDigits).split('e')[1]);
  const { digits, exponent } = rounded(magnitude, first + 1 + precision);
  const places = `${'0'.repeat(Math.max(0, -exponent))}${digits}`;
  const whole = Math.max(0, exponent) + 1;
  const padded = places.padEnd(whole + precision, '0');
  return `${signOf(value)}${padded.slice(0, whole)}${precision > 0 ? `.${padded.slice(whole, whole + precision)}` : ''}`;
}

/** Go's `%.{precision}e`. */
export function exponentText(value: number, precision: number): string {
  if (!Number.isFinite(value)) return special(value);
  const { digits, exponent } = rounded(Math.abs(value), precision + 1);
  const mantissa = digits.slice(0, precision + 1).padEnd(precision + 1, '0');
  return `${signOf(value)}${mantissa[0]}${precision > 0 ? `.${mantissa.slice(1)}` : ''}e${exponentMark(exponent)}`;
}

const exponentMark = (exponent: number): string =>
  `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;

/** Go's `%.{precision}g`: trailing zeros dropped, an exponent where it is below -4 or not below the precision. */
export function shortText(value: number, precision: number): string {
  if (!Number.isFinite(value)) return special(value);
  const count = Math.max(1, precision);
  const { digits, exponent } = rounded(Math.abs(value), count);
  const kept = digits.slice(0, count).replace(/0+$/, '') || '0';
  if (value !== 0 && (exponent < -4 || exponent >= count)) return scientific(value, kept, exponent);
  return plainText(value, kept, value === 0 ? 0 : exponent);
}

function scientific(value: number, digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${signOf(value)}${digits[0]}${fraction}e${exponentMark(exponent)}`;
}

function plainText(value: number, digits: string, exponent: number): string {
  const places = `${'0'.repeat(Math.max(0, -exponent))}${digits}`.padEnd(Math.max(0, exponent) + 1, '0');
  const whole = Math.max(0, exponent) + 1;
  const fraction = places.slice(whole);
  return `${signOf(value)}${places.slice(0, whole)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Go's `%v` of a number: the fewest digits that read back the same, an exponent below 1e-4 and from 1e21 on. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return special(value);
  const [mantissa, power] = Math.abs(value).toExponential().split('e') as [string, string];
  const exponent = Number(power);
  const digits = mantissa.replace('.', '');
  if (value !== 0 && (exponent < -4 || exponent >= 21)) return scientific(value, digits, exponent);
  return plainText(value, digits, value === 0 ? 0 : exponent);
}
