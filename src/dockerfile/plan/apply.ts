import { isProtocol, parsePorts } from '../../spec/port.ts';
import { isStopSignal } from '../../spec/stop-signal.ts';
import { setEntry } from '../environment.ts';
import { goQuoted } from '../go-quoted.ts';
import type { Instruction, InstructionOf } from '../instruction.ts';
import { lintSecret } from '../lint/text-rules.ts';
import type { Pair } from '../words.ts';
import { goHealthcheck, goList, goQuotedList } from './go-format.ts';
import { joined } from './paths.ts';
import type { StageScope } from './stage-scope.ts';
import { inShell } from './stage-state.ts';
import { expanded, expandedWords, setVariable } from './variables.ts';

/** Applies an instruction that makes no layer. */
export function applyMetadata(instruction: Instruction, scope: StageScope): void {
  switch (instruction.kind) {
    case 'env':
    case 'label':
      applyPairs(instruction, scope);
      break;
    case 'arg':
      applyArguments(instruction, scope);
      break;
    case 'cmd':
    case 'entrypoint':
      applyCommand(instruction, scope);
      break;
    case 'expose':
      applyExpose(instruction, scope);
      break;
    case 'healthcheck':
      applyHealthcheck(instruction, scope);
      break;
    case 'volume':
      applyVolumes(instruction, scope);
      break;
    case 'shell':
      scope.state.config.shell = instruction.words;
      scope.record(`SHELL ${goList(instruction.words)}`);
      break;
    case 'onbuild':
      scope.state.config.triggers.push(instruction.text);
      break;
    case 'maintainer':
      scope.state.config.author = instruction.text;
      scope.record(`MAINTAINER ${instruction.text}`);
      break;
    case 'user':
      scope.state.config.user = expanded(instruction.text, scope.at(instruction.line));
      scope.record(`USER ${scope.state.config.user}`);
      break;
    case 'stopsignal':
      applySignal(instruction, scope);
      break;
  }
}

/** All pairs are expanded before the first is set. */
function applyPairs(instruction: InstructionOf<'env' | 'label'>, scope: StageScope): void {
  const { kind, line, pairs } = instruction;
  const { linter, failAt } = scope.evaluation;
  const at = scope.at(line);
  const values = pairs.map((pair: Pair) => ({
    ...pair,
    name: expanded(pair.name, at),
    value: expanded(pair.value, at),
  }));
  for (const [index, { name, value, legacy }] of values.entries()) {
    const keyword = kind.toUpperCase();
    if (name === '') throw failAt(line)(`${keyword} names can not be blank`, pairs[index]?.name);
    if (legacy)
      linter.report('LegacyKeyValueFormat', line, { about: [instruction.keyword], word: pairs[index]?.name ?? '' });
    if (kind === 'label') scope.state.config.labels.set(name, value);
    else {
      lintSecret({ instruction: 'ENV', name, line }, linter);
      setVariable(scope.state.variables, name, value);
      setEntry(scope.state.config.env, name, value);
    }
  }
  scope.record(`${kind.toUpperCase()} ${values.map(({ name, value }) => `${name}=${value}`).join(' ')}`);
}

/** What a secret scanner of BuildKit's takes as arguments; no variables. */
const noVariables: ReadonlySet<string> = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE']);

/** An argument is what was given, else its default, else what it is globally, else it is only declared. */
function applyArguments({ arguments: list, line }: InstructionOf<'arg'>, scope: StageScope): void {
  const { given, globals, linter } = scope.evaluation;
  const shown = list.map(({ name, value }) => {
    lintSecret({ instruction: 'ARG', name, line }, linter);
    const chosen =
      given.get(name) ?? (value === undefined ? globals.variables.get(name) : expanded(value, scope.at(line)));
    if (chosen !== undefined && !noVariables.has(name)) setVariable(scope.state.variables, name, chosen);
    scope.state.declared.set(name, chosen ?? '');
    return chosen === undefined ? name : `${name}=${chosen}`;
  });
  scope.record(`ARG ${shown.join(' ')}`);
}

function applyCommand(instruction: InstructionOf<'cmd' | 'entrypoint'>, scope: StageScope): void {
  const { kind, form, words, line, keyword } = instruction;
  const { config, last } = scope.state;
  const name = kind === 'cmd' ? 'CMD' : 'ENTRYPOINT';
  onlyOnce(name, instruction, scope);
  if (form === 'shell' && config.shell.length === 0)
    scope.evaluation.linter.report('JSONArgsRecommended', line, { about: [keyword], word: words[0] ?? '' });
  const command = form === 'shell' ? inShell(scope.state, words) : words;
  const given = command.length > 0 ? command : undefined;
  if (kind === 'cmd') {
    config.command = given;
    config.argsEscaped = true;
  } else {
    config.entrypoint = given;
    // A command that came with the base is for its entrypoint.
    if (!last.has('CMD')) config.command = undefined;
  }
  scope.record(`${name} ${goQuotedList(command)}`);
}

/** Says of the one before that it has no effect. */
function onlyOnce(name: 'CMD' | 'ENTRYPOINT' | 'HEALTHCHECK', { line, keyword }: Instruction, scope: StageScope): void {
  const before = scope.state.last.get(name);
  if (before !== undefined)
    scope.evaluation.linter.report('MultipleInstructionsDisallowed', before, { about: [keyword], by: line });
  scope.state.last.set(name, line);
}

function applyHealthcheck(instruction: InstructionOf<'healthcheck'>, scope: StageScope): void {
  onlyOnce('HEALTHCHECK', instruction, scope);
  scope.state.config.healthcheck = instruction.healthcheck;
  scope.record(`HEALTHCHECK ${goHealthcheck(instruction.healthcheck)}`);
}

function applyExpose({ words, line }: InstructionOf<'expose'>, scope: StageScope): void {
  const { failAt, spend } = scope.evaluation;
  const ports: string[] = [];
  // Of a variable that is not set nothing is said here.
  const { onUnset: _, ...at } = scope.at(line);
  for (const word of [...words].sort().flatMap(text => expandedWords(text, at))) {
    lintPort(word, line, scope);
    const keys = parsePorts(word, message => failAt(line)(portFault(word, message), word));
    // A short word can stand for every port there is.
    spend(8 * keys.length);
    for (const key of keys) ports.push(key);
  }
  for (const port of ports) scope.state.config.ports.add(port);
  scope.record(`EXPOSE ${goList(ports)}`);
}

/** What BuildKit says of what is wrong with the port or the protocol of a word. */
const portFault = (word: string, message: string): string =>
  /^(no port|invalid proto)/.test(message)
    ? `invalid port: ${goQuoted(word)}: ${message.replace(/: .*<empty>$/, '')}`
    : message;

/** A word whose protocol or port is missing or none is refused, and nothing else is said of it. */
function lintPort(word: string, line: Instruction['line'], { evaluation: { linter } }: StageScope): void {
  const slash = word.indexOf('/', word.lastIndexOf(':') + 1);
  const [address, protocol] = slash < 0 ? [word, ''] : [word.slice(0, slash), word.slice(slash + 1)];
  if (address.endsWith(':') || address === '' || !isProtocol(protocol)) return;
  if (protocol !== protocol.toLowerCase()) linter.report('ExposeProtoCasing', line, { about: [word], word });
  if (/[^:]:/.test(address)) linter.report('ExposeInvalidFormat', line, { about: [word], word });
}

function applyVolumes({ words, line }: InstructionOf<'volume'>, scope: StageScope): void {
  const volumes = words.map(word => expanded(word, scope.at(line)));
  if (volumes.includes('')) throw scope.evaluation.failAt(line)('VOLUME specified can not be an empty string');
  for (const volume of volumes) scope.state.config.volumes.add(volume);
  scope.record(`VOLUME ${goList(volumes)}`);
}

function applySignal({ text, line }: InstructionOf<'stopsignal'>, scope: StageScope): void {
  const signal = expanded(text, scope.at(line));
  // BuildKit takes any number but zero.
  const isNumber = /^[-+]?\d{1,18}$/.test(signal) && Number(signal) !== 0;
  if (!isNumber && !isStopSignal(signal)) throw scope.evaluation.failAt(line)(`invalid signal: ${signal}`, text);
  scope.state.config.signal = signal;
  scope.record(`STOPSIGNAL ${signal}`);
}

/** WORKDIR: a layer with the directory, but for the root. */
export function applyWorkdir(instruction: InstructionOf<'workdir'>, scope: StageScope): void {
  const { line, text } = instruction;
  const { state, evaluation } = scope;
  const written = expanded(text, scope.at(line));
  if (!state.hasDirectory && !written.startsWith('/'))
    evaluation.linter.report('WorkdirRelativePath', line, { about: [goQuoted(written)], word: text });
  state.hasDirectory = true;
  const before = state.config.directory === '' ? '/' : state.config.directory;
  const path = written === '' ? before : joined(before, written);
  const isRoot = path === '/';
  state.config.directory = path;
  state.directory = path;
  if (isRoot) {
    scope.record(`WORKDIR ${path}`);
    return;
  }
  const title = scope.title(instruction);
  scope.step({ kind: 'directory', path, owner: state.config.user, title, createdBy: `WORKDIR ${path}` }, instruction);
}
