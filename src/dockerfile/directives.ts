import type { Fail } from '../errors.ts';

/** What the parser directives at the top of a Dockerfile say. */
export interface Directives {
  /** The escape character: `\` unless an `escape` directive says a backquote. */
  readonly escape: string;
  /** The frontend that a `syntax` directive names; ocikit needs none. */
  readonly syntax?: string;
  /** What a `check` directive tells the linter, as written up to a space. */
  readonly check?: string;
}

const known: ReadonlySet<string> = new Set(['escape', 'syntax', 'check']);

/**
 * Reads the directives of a text's lines, which end with the first line that is none. Throws what `failAt` makes of docker's
 * words, for a directive that stands twice and for an escape character that is none.
 */
export function directivesOf(
  lines: readonly string[],
  failAt: (line: number) => Fail,
): Directives & { readonly count: number } {
  const { found, count } = readDirectives(lines, '#', failAt);
  const [token, line] = found.get('escape') ?? ['\\', 1];
  if (token !== '\\' && token !== '`')
    throw failAt(line)(`invalid escape token '${token}' does not match \` or \\`, token);
  const syntax = found.get('syntax')?.[0] ?? otherSyntax(lines);
  const check = found.get('check')?.[0];
  return {
    escape: token,
    count,
    ...(syntax === undefined ? {} : { syntax: syntax.split(' ', 1)[0] as string }),
    ...(check === undefined ? {} : { check: check.split(' ', 1)[0] as string }),
  };
}

/** The `check` directive in a comment above one instruction; the text of a comment without its mark. */
export function checkOf(comment: string): string | undefined {
  const [key, value] = directiveOf(comment, '') ?? [];
  return key === 'check' ? value?.split(' ', 1)[0] : undefined;
}

function readDirectives(
  lines: readonly string[],
  mark: string,
  failAt?: (line: number) => Fail,
): { readonly found: ReadonlyMap<string, readonly [string, number]>; readonly count: number } {
  const found = new Map<string, readonly [string, number]>();
  for (const [index, line] of lines.entries()) {
    const directive = directiveOf(line, mark);
    if (directive === undefined) return { found, count: index };
    const [key, value] = directive;
    if (found.has(key)) {
      if (failAt === undefined) return { found, count: index };
      throw failAt(index + 1)(`only one ${key} parser directive can be used`, key);
    }
    found.set(key, [value, index + 1]);
  }
  return { found, count: lines.length };
}

function directiveOf(line: string, mark: string): readonly [string, string] | undefined {
  const trimmed = line.trim();
  const equals = trimmed.indexOf('=');
  if (!trimmed.startsWith(mark) || equals < 0) return undefined;
  const key = trimmed.slice(mark.length, equals).trim().toLowerCase();
  const value = trimmed.slice(equals + 1).trim();
  return known.has(key) && value !== '' ? [key, value] : undefined;
}

/** `syntax` in the spellings of other formats: below a `#!` line, as `// syntax=`, or in a JSON object. */
function otherSyntax(lines: readonly string[]): string | undefined {
  const rest = lines[0]?.startsWith('#!') ? lines.slice(1) : lines;
  const syntax = [rest === lines ? '//' : '#', '//'].map(mark => readDirectives(rest, mark).found.get('syntax')?.[0]);
  const named = syntax.find(value => value !== undefined);
  if (
    named !== undefined ||
    !rest
      .find(line => line.trim() !== '')
      ?.trimStart()
      .startsWith('{')
  )
    return named;
  try {
    const value: unknown = JSON.parse(rest.join('\n'));
    const given: unknown = value !== null && typeof value === 'object' && 'syntax' in value ? value.syntax : undefined;
    return typeof given === 'string' ? given : undefined;
  } catch {
    return undefined;
  }
}
