import { OciError, systemCode, systemError } from '../errors.ts';
import { escapeLine, escapeText } from './escape.ts';
import { groupWarnings } from './group-warnings.ts';
import type { Io } from './io.ts';
import { sentenceOf } from './option-words.ts';
import { version } from './version.ts';

/** An error of a system call that nobody expected, in a sentence. */
function systemFailure(error: unknown): unknown {
  if (systemCode(error) === undefined) return error;
  const { path, syscall } = error as { readonly path?: unknown; readonly syscall: unknown };
  return systemError(error, String(path ?? syscall), `${String(syscall)} to work`);
}

/** One line for a person; a stack only where ocikit itself is at fault. */
export function failureText(error: unknown): string {
  const failure = systemFailure(error);
  if (failure instanceof OciError) {
    const { excerpt } = failure;
    if (excerpt === undefined) return `ocikit: ${escapeLine(sentenceOf(failure))}\n`;
    // What a program said last may be many lines.
    const [sentence = '', ...said] = sentenceOf(failure).split('\n').map(escapeLine);
    return [
      `ocikit: ${sentence}`,
      ...said.map(text => `     | ${text}`),
      ...excerpt.split('\n').map(escapeLine),
      '',
    ].join('\n');
  }
  const stack = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
  return `ocikit: this is a bug in ocikit ${version}\n${escapeText(stack)}\n`;
}

/** Says what went wrong with single operands, errors of one kind in a line; answers the exit status, 0 where there is nothing to say. */
export function reportAll(errors: readonly OciError[], io: Io): number {
  for (const text of groupWarnings(errors.map(sentenceOf))) io.stderr(`ocikit: ${escapeLine(text)}\n`);
  return errors.length === 0 ? 0 : 2;
}

/** Says what went wrong; answers the exit status. */
export function report(error: unknown, io: Io): number {
  io.stderr(failureText(error));
  return 2;
}
