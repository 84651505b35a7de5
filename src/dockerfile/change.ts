import { badOption, type Fail } from '../errors.ts';
import { expansionLimit } from '../limits.ts';
import type { ContainerConfig } from '../spec/objects.ts';
import { parsePorts } from '../spec/port.ts';
import { isStopSignal } from '../spec/stop-signal.ts';
import { type Draft, draftOf, merged } from './change-draft.ts';
import { setEntry, variableOf } from './environment.ts';
import type { Instruction } from './instruction.ts';
import { parseChanges } from './parse-changes.ts';
import { type Expansion, expandWord, expandWords } from './shell-words.ts';
import type { Pair } from './words.ts';

type Words = Pick<Expansion, 'escapeToken' | 'spend' | 'fail'>;

/**
 * Applies Dockerfile instructions to a config by docker's rules for `commit --change`, then fills from the config what
 * they left empty, as docker's merge does. Unlike docker, ONBUILD and SHELL of the base are kept.
 * Throws `usage`, worded as docker does; nothing is changed where there are no changes.
 */
export function applyChanges(config: ContainerConfig, changes: readonly string[]): ContainerConfig {
  if (changes.length === 0) return config;
  const { escapeToken, instructions } = parseChanges(changes);
  const words = { escapeToken, spend: allowance() };
  const draft = draftOf(config);
  for (const { instruction, fail } of instructions) applyInstruction(draft, instruction, { ...words, fail });
  return merged(draft, config);
}

function allowance(): (characters: number) => void {
  let spent = 0;
  return characters => {
    spent += characters;
    if (spent > expansionLimit)
      throw badOption('instructions', `expected expansions of at most ${expansionLimit} characters, got more`);
  };
}

function applyInstruction(draft: Draft, instruction: Instruction, words: Words): void {
  switch (instruction.kind) {
    case 'cmd':
      draft.command = instruction.form === 'shell' ? [...draft.shell, ...instruction.words] : instruction.words;
      draft.commandIsNew = true;
      break;
    case 'entrypoint':
      applyEntrypoint(draft, instruction);
      break;
    case 'onbuild':
      draft.triggers.push(instruction.text);
      break;
    case 'healthcheck':
      draft.healthcheck = instruction.healthcheck;
      break;
    default:
      applyExpanded(draft, instruction, {
        ...words,
        variable: name => variableOf(draft.env, name),
      });
  }
}

function applyExpanded(draft: Draft, instruction: Instruction, expansion: Expansion): void {
  switch (instruction.kind) {
    case 'env':
      for (const [name, value] of expandPairs(instruction.pairs, 'ENV', expansion)) setEntry(draft.env, name, value);
      break;
    case 'label':
      for (const [name, value] of expandPairs(instruction.pairs, 'LABEL', expansion)) draft.labels.set(name, value);
      break;
    case 'expose':
      for (const port of portsOf(instruction.words, expansion)) draft.ports.set(port, {});
      break;
    case 'volume':
      for (const volume of volumesOf(instruction.words, expansion)) draft.volumes.set(volume, {});
      break;
    case 'user':
      draft.user = expandWord(instruction.text, expansion);
      break;
    case 'workdir':
      draft.directory = directoryOf(draft.directory, expandWord(instruction.text, expansion), expansion.fail);
      break;
    case 'stopsignal':
      draft.signal = signalOf(expandWord(instruction.text, expansion), expansion.fail);
      break;
  }
}

/** An empty entrypoint is docker's nil: the merge then puts the old one back, and the old command with it. */
function applyEntrypoint(draft: Draft, { form, words }: { form: 'exec' | 'shell'; words: readonly string[] }): void {
  if (words.length === 0) draft.entrypoint = null;
  else draft.entrypoint = form === 'shell' ? [...draft.shell, ...words] : words;
  if (!draft.commandIsNew) draft.command = null;
}

/** All pairs of one instruction are expanded before the first is set. */
function expandPairs(pairs: readonly Pair[], name: string, expansion: Expansion): [string, string][] {
  return pairs.map(pair => {
    const [key, value] = [expandWord(pair.name, expansion), expandWord(pair.value, expansion)];
    if (key === '') throw expansion.fail(`${name} names can not be blank`);
    return [key, value];
  });
}

function portsOf(words: readonly string[], expansion: Expansion): string[] {
  const ports: string[] = [];
  for (const word of words.flatMap(text => expandWords(text, expansion))) {
    const keys = parsePorts(word, expansion.fail);
    // A short word can stand for every port there is.
    expansion.spend(keys.length);
    for (const key of keys) ports.push(key);
  }
  return ports;
}

function volumesOf(words: readonly string[], expansion: Expansion): string[] {
  return words.map(word => {
    const volume = expandWord(word, expansion).trim();
    if (volume === '') throw expansion.fail('VOLUME specified can not be an empty string');
    return volume;
  });
}

/** Joined to the current directory where it is relative, and cleaned. */
function directoryOf(current: string, wanted: string, fail: Fail): string {
  if (wanted === '') throw fail('cannot normalize nothing');
  const names: string[] = [];
  for (const name of (wanted.startsWith('/') ? wanted : `${current}/${wanted}`).split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}

function signalOf(text: string, fail: Fail): string {
  if (!isStopSignal(text)) throw fail(`invalid signal: ${text}`);
  return text;
}
