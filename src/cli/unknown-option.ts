import { type OciError, usage } from '../errors.ts';
import type { Command, Option } from './command.ts';
import { nearest } from './nearest.ts';
import { optionsOf } from './options-of.ts';
import { peerOption } from './peer-words.ts';

/** The option that was probably meant. */
function likelyOption(written: string, options: readonly Option[]): string | undefined {
  const name = written.replace(/^-+/, '').split('=')[0] ?? '';
  const near = nearest(
    name,
    options.map(option => option.name),
  );
  return near === undefined ? undefined : `did you mean --${near}?`;
}

/** A verb, and what it was called. */
export interface Called {
  readonly command: Command;
  readonly called: string;
}

/** What there is to say of an option that there is not. */
export function unknownOption(written: string, { command, called }: Called): OciError {
  const name = written.replace(/^-+/, '').split('=')[0] ?? '';
  const own = command.elsewhere ?? {};
  const peer = peerOption(command.name, written);
  const hint = Object.hasOwn(own, name) ? own[name] : peer === undefined ? undefined : `here: ${peer}`;
  const help = `ocikit ${called} --help`;
  const near = likelyOption(written, optionsOf(command));
  return usage(called, `expected one of its options, got '${written}'`, hint ?? near ?? help);
}

/** Throws `usage` for an option that there is not, before anything else is looked at: it would be taken to have the next word for its value. */
export function checkOptions(words: readonly string[], { command, called }: Called): void {
  const spelled = new Map<string, Option>(
    optionsOf(command).flatMap(option => [
      [`--${option.name}`, option] as const,
      [`-${option.alias}`, option] as const,
    ]),
  );
  for (const [at, word] of words.entries()) {
    const before = spelled.get(words[at - 1] ?? '');
    const isValue = before !== undefined && before.kind !== 'flag';
    if (isValue || !/^(?:--[^=]|-[A-Za-z]$)/.test(word) || spelled.has(word.split('=')[0] ?? '')) continue;
    throw unknownOption(word, { command, called });
  }
}
