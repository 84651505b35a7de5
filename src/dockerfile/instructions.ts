import { usage } from '../errors.ts';
import type { Healthcheck } from '../spec/objects.ts';
import { parseHealthcheck } from './healthcheck.ts';
import { type DockerfileLine, dockerfileLines } from './lines.ts';
import { nameValues, splitFlags, splitWords, stringArray } from './words.ts';

/** What an instruction changes; texts are not expanded yet. */
type Effect =
  | { readonly kind: 'cmd' | 'entrypoint'; readonly form: 'exec' | 'shell'; readonly words: readonly string[] }
  | { readonly kind: 'env' | 'label'; readonly pairs: readonly (readonly [string, string])[] }
  | { readonly kind: 'expose' | 'volume'; readonly words: readonly string[] }
  | { readonly kind: 'user' | 'workdir' | 'stopsignal' | 'onbuild'; readonly text: string }
  | { readonly kind: 'healthcheck'; readonly healthcheck: Healthcheck };

/** One instruction; `subject` names its line in messages. */
export type Instruction = Effect & { readonly subject: string };

interface Arguments {
  readonly name: string;
  readonly text: string;
  readonly flags: readonly string[];
  readonly escapeToken: string;
  readonly subject: string;
}

const parsers: ReadonlyMap<string, (given: Arguments) => Effect> = new Map([
  ['CMD', given => command('cmd', given)],
  ['ENTRYPOINT', given => command('entrypoint', given)],
  ['ENV', given => ({ kind: 'env', pairs: nameValues(given.text, given) })],
  ['LABEL', given => ({ kind: 'label', pairs: nameValues(given.text, given) })],
  ['EXPOSE', given => ({ kind: 'expose', words: atLeastOne(splitWords(given.text), given) })],
  [
    'VOLUME',
    given => ({
      kind: 'volume',
      words: atLeastOne(stringArray(given.text, given.subject) ?? splitWords(given.text), given),
    }),
  ],
  ['USER', given => ({ kind: 'user', text: exactlyOne(given) })],
  ['WORKDIR', given => ({ kind: 'workdir', text: exactlyOne(given) })],
  ['STOPSIGNAL', given => ({ kind: 'stopsignal', text: exactlyOne(given) })],
  ['ONBUILD', given => ({ kind: 'onbuild', text: trigger(given) })],
  [
    'HEALTHCHECK',
    given => ({ kind: 'healthcheck', healthcheck: parseHealthcheck(given.flags, given.text, given.subject) }),
  ],
]);

/**
 * Parses what `--change` takes: all texts as one Dockerfile of CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD,
 * STOPSIGNAL, USER, VOLUME and WORKDIR. Throws `usage`, worded as docker does.
 */
export function parseInstructions(changes: readonly string[]): { escapeToken: string; instructions: Instruction[] } {
  const subject = 'change';
  const { escapeToken, lines } = dockerfileLines(changes.join('\n'), subject);
  if (lines.length === 0) throw usage(subject, 'file with no instructions');
  for (const line of lines) {
    const name = nameOf(line);
    if (!parsers.has(name.toUpperCase()))
      throw usage(
        `${subject} line ${line.number}`,
        `${name} is not a valid change command`,
        `there are ${[...parsers.keys()].join(' ')}`,
      );
  }
  return {
    escapeToken,
    instructions: lines.map(line => parseLine(line, escapeToken, `${subject} line ${line.number}`)),
  };
}

function nameOf(line: DockerfileLine): string {
  return /^\S*/.exec(line.text)?.[0] ?? '';
}

function parseLine(line: DockerfileLine, escapeToken: string, subject: string): Instruction {
  const written = nameOf(line);
  const name = written.toUpperCase();
  const rest = line.text.slice(written.length);
  // A trigger keeps its flags: they are the trigger's own.
  const { flags, rest: text } = name === 'ONBUILD' ? { flags: [], rest: rest.trim() } : splitFlags(rest);
  if (flags[0] !== undefined && name !== 'HEALTHCHECK')
    throw usage(subject, `unknown flag: ${flags[0].split('=', 1)[0]}`);
  const parse = parsers.get(name) as (given: Arguments) => Effect;
  return { ...parse({ name, text, flags, escapeToken, subject }), subject };
}

function command(kind: 'cmd' | 'entrypoint', given: Arguments): Effect {
  const words = stringArray(given.text, given.subject);
  if (words !== undefined) return { kind, form: 'exec', words };
  return { kind, form: 'shell', words: given.text === '' ? [] : [given.text] };
}

function atLeastOne(words: readonly string[], given: Arguments): readonly string[] {
  if (words.length === 0) throw usage(given.subject, `${given.name} requires at least one argument`);
  return words;
}

function exactlyOne(given: Arguments): string {
  if (given.text === '') throw usage(given.subject, `${given.name} requires exactly one argument`);
  return given.text;
}

function trigger(given: Arguments): string {
  if (given.text === '') throw usage(given.subject, 'ONBUILD requires at least one argument');
  const name = (/^\S*/.exec(given.text)?.[0] ?? '').toUpperCase();
  if (name === 'ONBUILD') throw usage(given.subject, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (name === 'FROM' || name === 'MAINTAINER')
    throw usage(given.subject, `${name} isn't allowed as an ONBUILD trigger`);
  return given.text;
}
