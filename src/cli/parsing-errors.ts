import { type OciError, usage } from '../errors.ts';
import type { Command } from './command.ts';
import { elsewhereError } from './docker-forms.ts';
import { nearest } from './nearest.ts';
import { optionsOf } from './options-of.ts';
import { unknownOption } from './unknown-option.ts';

export const listHint = 'ocikit --help lists them';

/** What was parsed: the verb as it is here and as it was typed. */
interface Place {
  readonly commands: readonly Command[];
  readonly command: Command | undefined;
  readonly verb: string | undefined;
  readonly called: string;
}

/** What yargs complains of, in ocikit's words. */
export function reworded(message: string, place: Place, encoded: readonly string[]): OciError {
  const { command, called, verb = 'ocikit' } = place;
  if (command === undefined) return unknownVerb({ verb, called }, place.commands);
  const hint = `ocikit ${called} --help`;
  const missing = /^Not enough arguments following: (.*)$/.exec(message)?.[1];
  if (missing !== undefined) return missingValue(missing, command);
  const unknown = /^Unknown arguments?: (.*)$/.exec(message)?.[1]?.split(', ')[0];
  if (unknown !== undefined) {
    const written = encoded.find(word => word.replace(/^--?/, '').split('=')[0] === unknown) ?? unknown;
    if (written.startsWith('-')) return unknownOption(written, { command, called });
    const isOutput = optionsOf(command).some(({ name }) => name === 'output') && written.includes('.');
    return usage(
      called,
      `expected no further argument, got '${written}'`,
      isOutput ? `-o ${written} writes there` : hint,
    );
  }
  const few = /^Not enough non-option arguments: got (\d+)/.exec(message)?.[1];
  if (few === undefined) return usage(called, message.split('\n')[0] ?? '', hint);
  const wanted = command.positionals.filter(({ optional }) => optional !== true).map(({ name }) => name.toUpperCase());
  return usage(called, `expected ${wanted.join(' ')}, got ${few === '0' ? 'nothing' : `only ${few}`}`, hint);
}

/** What there is to say of a verb that there is not. */
export function unknownVerb(
  { verb, called }: { readonly verb: string; readonly called: string },
  commands: readonly Command[],
): OciError {
  const names = commands.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias]));
  const near = nearest(verb, names);
  return (
    elsewhereError(verb, called) ??
    usage(called, 'expected a verb, got something else', near === undefined ? listHint : `did you mean ${near}?`)
  );
}

function missingValue(name: string, command: Command): OciError {
  const option = optionsOf(command).find(known => known.name === name || known.alias === name);
  const long = `--${option?.name ?? name}`;
  return usage(long, 'expected a value, got none', `a value that starts with '-' is written ${long}=VALUE`);
}
