import type { Fail } from '../errors.ts';
import { meant } from '../spec/nearest-word.ts';
import { parseFlags } from './flags.ts';
import { parseHealthcheck } from './healthcheck.ts';
import { splitInstruction } from './heredoc.ts';
import type { Effect, Instruction } from './instruction.ts';
import type { DockerfileLine } from './lines.ts';
import { parseFrom } from './parse-from.ts';
import { parseRunOptions } from './parse-run.ts';
import { parseAdd, parseCopy } from './parse-transfer.ts';
import { argumentsOf, checkPairs, nameValues, splitFlags, splitWords, stringArray } from './words.ts';

/** What an instruction's parser has: the name in capitals, flags apart, the rest without white space around. */
export interface Given {
  readonly name: string;
  readonly text: string;
  readonly flags: readonly string[];
  readonly line: DockerfileLine;
  readonly escapeToken: string;
  readonly fail: Fail;
}

const parsers: ReadonlyMap<string, (given: Given) => Effect> = new Map([
  ['ADD', parseAdd],
  ['ARG', plain(given => ({ kind: 'arg', arguments: argumentsOf(given.text, given) }))],
  ['CMD', plain(given => ({ kind: 'cmd', ...commandLine(given) }))],
  ['COPY', parseCopy],
  ['ENTRYPOINT', plain(given => ({ kind: 'entrypoint', ...commandLine(given) }))],
  ['ENV', plain(given => ({ kind: 'env', pairs: nameValues(given.text, given) }))],
  ['EXPOSE', plain(given => ({ kind: 'expose', words: atLeastOne(splitWords(given.text), given) }))],
  ['FROM', parseFrom],
  [
    'HEALTHCHECK',
    given => ({ kind: 'healthcheck', healthcheck: parseHealthcheck(given.flags, given.text, given.fail) }),
  ],
  ['LABEL', plain(given => ({ kind: 'label', pairs: nameValues(given.text, given) }))],
  ['MAINTAINER', plain(given => ({ kind: 'maintainer', text: exactlyOne(given) }))],
  ['ONBUILD', plain(given => ({ kind: 'onbuild', text: trigger(given) }))],
  ['RUN', given => ({ kind: 'run', ...commandLine(given), run: parseRunOptions(given) })],
  ['SHELL', plain(given => ({ kind: 'shell', words: shellWords(given) }))],
  ['STOPSIGNAL', plain(given => ({ kind: 'stopsignal', text: exactlyOne(given) }))],
  ['USER', plain(given => ({ kind: 'user', text: exactlyOne(given) }))],
  ['VOLUME', plain(given => ({ kind: 'volume', words: volumes(given) }))],
  ['WORKDIR', plain(given => ({ kind: 'workdir', text: exactlyOne(given) }))],
]);

/** The names of all instructions, in capitals. */
const instructionNames: readonly string[] = [...parsers.keys()];

/** What an instruction is read with; `failAt` makes an error of the words of what is wrong in a line. */
interface Grammar {
  readonly escapeToken: string;
  readonly failAt: (line: DockerfileLine) => Fail;
}

/** Reads one instruction. Throws what `failAt` makes of docker's words. */
export function parseInstruction(line: DockerfileLine, { escapeToken, failAt }: Grammar): Instruction {
  const { name, written, rest } = splitInstruction(line.text);
  const fail = failAt(line);
  const parse = parsers.get(name);
  if (parse === undefined)
    throw fail(`unknown instruction: ${written}${meant(written, instructionNames, { ignoreCase: true })}`, written);
  const { flags, rest: text } = splitFlags(rest, escapeToken);
  return { ...parse({ name, text, flags, line, escapeToken, fail }), keyword: written, line };
}

/** A parser of an instruction that has no flags. */
function plain(parse: (given: Given) => Effect): (given: Given) => Effect {
  return given => {
    const effect = parse(given);
    parseFlags(given.flags, {}, given.fail);
    return effect;
  };
}

function commandLine(given: Given): { readonly form: 'exec' | 'shell'; readonly words: readonly string[] } {
  const words = stringArray(given.text, given.fail);
  if (words !== undefined) return { form: 'exec', words };
  return { form: 'shell', words: given.text === '' ? [] : [given.text] };
}

function atLeastOne(words: readonly string[], given: Given): readonly string[] {
  if (words.length === 0) throw given.fail(`${given.name} requires at least one argument`);
  return words;
}

function exactlyOne(given: Given): string {
  if (given.text === '') throw given.fail(`${given.name} requires exactly one argument`);
  return given.text;
}

function volumes(given: Given): readonly string[] {
  const words = stringArray(given.text, given.fail) ?? splitWords(given.text);
  return atLeastOne(words, given).map(word => {
    if (word.trim() === '') throw given.fail('VOLUME specified can not be an empty string');
    return word.trim();
  });
}

function shellWords(given: Given): readonly string[] {
  const words = stringArray(given.text, given.fail);
  if (words === undefined && given.text !== '')
    throw given.fail('SHELL requires the arguments to be in JSON form', given.text);
  return atLeastOne(words ?? [], given);
}

/** The trigger as it stands, heredocs included. */
function trigger(given: Given): string {
  if (given.text === '') throw given.fail('ONBUILD requires at least one argument');
  const { name, rest } = splitInstruction(given.text);
  if (name === 'ONBUILD') throw given.fail("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (name === 'FROM' || name === 'MAINTAINER') throw given.fail(`${name} isn't allowed as an ONBUILD trigger`);
  checkTrigger(name, rest, given);
  const bodies = given.line.heredocs.map(heredoc => `\n${heredoc.content}${heredoc.name}`);
  return splitInstruction(given.line.text).rest.trimStart() + bodies.join('');
}

const arrays: ReadonlySet<string> = new Set(['ADD', 'CMD', 'COPY', 'ENTRYPOINT', 'RUN', 'SHELL', 'VOLUME']);

/** A trigger is read when it is triggered, but for what its words have to be that are pairs, or an array. */
function checkTrigger(name: string, rest: string, given: Given): void {
  const { rest: text } = splitFlags(rest, given.escapeToken);
  if (name === 'ENV' || name === 'LABEL') checkPairs(text, { ...given, name });
  if (arrays.has(name)) stringArray(text, given.fail);
}
