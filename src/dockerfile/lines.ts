import { usage } from '../errors.ts';
import { instructionsLimit, lineLimit } from '../limits.ts';

/** One instruction with its continuation lines joined; `number` counts from 1. */
export interface DockerfileLine {
  readonly number: number;
  readonly text: string;
}

interface DockerfileLines {
  /** The escape character: `\` unless an `escape` directive says a backquote. */
  readonly escapeToken: string;
  readonly lines: readonly DockerfileLine[];
}

const directives: ReadonlySet<string> = new Set(['escape', 'syntax', 'check']);
const encoder = new TextEncoder();

/**
 * Splits a Dockerfile into instructions as docker's parser does: directives, comments, continuation lines.
 * Throws `usage` where a line or the text is too long or a directive is wrong.
 */
export function dockerfileLines(text: string, subject: string): DockerfileLines {
  if (text.length > instructionsLimit) {
    throw usage(subject, `expected at most ${instructionsLimit} characters of instructions, got ${text.length}`);
  }
  const raw = text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map(line => (line.endsWith('\r') ? line.slice(0, -1) : line));
  for (const [index, line] of raw.entries()) checkLength(line, `${subject} line ${index + 1}`);
  const escapeToken = escapeOf(raw, subject);
  return { escapeToken, lines: joinLines(raw, escapeToken) };
}

function checkLength(line: string, subject: string): void {
  if (line.length * 3 > lineLimit && encoder.encode(line).length > lineLimit) {
    throw usage(subject, `dockerfile line greater than maximum allowed size of ${lineLimit}`);
  }
}

function escapeOf(raw: readonly string[], subject: string): string {
  const seen = new Map<string, string>();
  for (const line of raw) {
    const directive = directiveOf(line);
    if (directive === undefined) break;
    const [key, value] = directive;
    if (seen.has(key)) throw usage(subject, `only one ${key} parser directive can be used`);
    seen.set(key, value);
  }
  const escapeToken = seen.get('escape') ?? '\\';
  if (escapeToken !== '\\' && escapeToken !== '`') {
    throw usage(subject, `invalid escape token '${escapeToken}' does not match \` or \\`);
  }
  return escapeToken;
}

function directiveOf(line: string): readonly [string, string] | undefined {
  const trimmed = line.trim();
  const equals = trimmed.indexOf('=');
  if (!trimmed.startsWith('#') || equals < 0) return undefined;
  const key = trimmed.slice(1, equals).trim().toLowerCase();
  const value = trimmed.slice(equals + 1).trim();
  return directives.has(key) && value !== '' ? [key, value] : undefined;
}

function joinLines(raw: readonly string[], escapeToken: string): DockerfileLine[] {
  const lines: DockerfileLine[] = [];
  let open: { number: number; text: string } | undefined;
  for (const [index, line] of raw.entries()) {
    const trimmed = line.trimStart();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const { text, continues } = withoutContinuation(open === undefined ? trimmed : line, escapeToken);
    open = { number: open?.number ?? index + 1, text: (open?.text ?? '') + text };
    if (continues) continue;
    lines.push(open);
    open = undefined;
  }
  if (open !== undefined) lines.push(open);
  return lines.filter(line => line.text.trim() !== '');
}

/** An escape character that ends a line continues it, unless it is itself escaped. */
function withoutContinuation(line: string, escapeToken: string): { text: string; continues: boolean } {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  const continues = line[end - 1] === escapeToken && line[end - 2] !== escapeToken;
  return continues ? { text: line.slice(0, end - 1), continues } : { text: line, continues };
}
