import { usage } from '../../errors.ts';
import { paddingLimit } from '../../limits.ts';
import { exponentText, fixedText, numberText, shortText } from '../decimal.ts';
import { isMapping, keysOf, printed, typeName } from './print.ts';

interface Verb {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly letter: string;
}

const pattern = /%([-+# 0]*)(\d*)(?:\.(\d*))?(\P{Cn}|$)/gu;

/** Go's fmt.Sprintf for the values that templates have: JSON's. */
export function printf(format: string, values: readonly unknown[]): string {
  let used = 0;
  const text = format.replace(pattern, (...groups: readonly (string | undefined)[]) => {
    const [, flags = '', width = '', precision, letter = ''] = groups;
    if (letter === '%') return '%';
    if (letter === '') return '%!(NOVERB)';
    if (used >= values.length) return `%!${letter}(MISSING)`;
    const verb = {
      flags,
      width: Number(width),
      precision: precision === undefined ? undefined : Number(precision),
      letter,
    };
    if (verb.width > paddingLimit || (verb.precision ?? 0) > 80)
      throw usage('printf', `expected a width of at most ${paddingLimit} and a precision of at most 80`);
    return padded(formatted(values[used++], verb), verb);
  });
  if (used === values.length) return text;
  return `${text}%!(EXTRA ${values
    .slice(used)
    .map(value => `${typeName(value)}=${printed(value)}`)
    .join(', ')})`;
}

function padded(text: string, { flags, width }: Verb): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0')) return ' '.repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

function formatted(value: unknown, verb: Verb): string {
  if (verb.letter === 'v')
    return verb.flags.includes('#') && typeof value === 'string' ? JSON.stringify(value) : printed(value ?? null);
  if (verb.letter === 'T') return typeName(value);
  if (Array.isArray(value)) return `[${value.map(item => formatted(item, verb)).join(' ')}]`;
  if (isMapping(value))
    return `map[${keysOf(value)
      .map(key => `${formatted(key, verb)}:${formatted(value[key], verb)}`)
      .join(' ')}]`;
  const text =
    typeof value === 'string'
      ? stringText(value, verb)
      : typeof value === 'number'
        ? numberVerb(value, verb)
        : booleanText(value, verb);
  if (text !== undefined) return text;
  const what = value === null || value === undefined ? '<nil>' : `${typeName(value)}=${printed(value)}`;
  return `%!${verb.letter}(${what})`;
}

const booleanText = (value: unknown, { letter }: Verb): string | undefined =>
  letter === 't' && typeof value === 'boolean' ? String(value) : undefined;

function stringText(value: string, { letter, precision, flags }: Verb): string | undefined {
  const cut = precision === undefined ? value : [...value].slice(0, precision).join('');
  if (letter === 's') return cut;
  if (letter === 'q') return flags.includes('#') && !cut.includes('`') ? `\`${cut}\`` : JSON.stringify(cut);
  if (letter !== 'x' && letter !== 'X') return undefined;
  const hex = Array.from(new TextEncoder().encode(cut), byte => byte.toString(16).padStart(2, '0')).join('');
  return letter === 'x' ? hex : hex.toUpperCase();
}

function numberVerb(value: number, { letter, precision, flags }: Verb): string | undefined {
  const text = Number.isInteger(value)
    ? (integerText(value, letter) ?? floatText(value, letter, precision))
    : floatText(value, letter, precision);
  if (text === undefined || value < 0) return text;
  return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text;
}

function integerText(value: number, letter: string): string | undefined {
  const bases: Readonly<Record<string, number>> = { d: 10, b: 2, o: 8, x: 16, X: 16 };
  const base = Object.hasOwn(bases, letter) ? bases[letter] : undefined;
  if (base !== undefined) {
    const text = BigInt(value).toString(base);
    return letter === 'X' ? text.toUpperCase() : text;
  }
  if (letter === 'c') return value >= 0 && value <= 0x10ffff ? String.fromCodePoint(value) : '\ufffd';
  if (letter === 'q') return `'${value >= 0 && value <= 0x10ffff ? String.fromCodePoint(value) : '\ufffd'}'`;
  return letter === 'U' ? `U+${value.toString(16).toUpperCase().padStart(4, '0')}` : undefined;
}

function floatText(value: number, letter: string, precision: number | undefined): string | undefined {
  if (letter === 'f' || letter === 'F') return fixedText(value, precision ?? 6);
  if (letter === 'e' || letter === 'E') {
    const text = exponentText(value, precision ?? 6);
    return letter === 'E' ? text.toUpperCase() : text;
  }
  return letter === 'g' || letter === 'G'
    ? precision === undefined
      ? numberText(value)
      : shortText(value, precision)
    : undefined;
}
