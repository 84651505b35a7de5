import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OciError } from '../errors.ts';
import {
  type CorpusCase,
  dockerfileCorpus,
  dockerfileTable,
  type ExpectedDockerfile,
  forAll,
  shortenedAs,
} from '../testing/dockerfile-corpus.ts';
import type { Effect, Instruction } from './instruction.ts';
import { parseInstruction } from './instructions.ts';
import { dockerfileLines, failIn } from './lines.ts';
import { type Dockerfile, failAtLine, parseDockerfile } from './parse.ts';
import { expandWord, expandWords } from './shell-words.ts';
import { stringArray } from './words.ts';

const pairsOf = (pairs: readonly { name: string; value: string; legacy: boolean }[]): unknown =>
  pairs.map(({ name, value, legacy }) => [name, value, ...(legacy ? ['legacy'] : [])]);

function said(effect: Effect): Record<string, unknown> {
  switch (effect.kind) {
    case 'cmd':
    case 'entrypoint':
      return { form: effect.form, words: effect.words };
    case 'run':
      return {
        form: effect.form,
        words: effect.words,
        ...(effect.run.flags.length > 0 ? { flags: [...effect.run.flags].sort() } : {}),
      };
    case 'env':
    case 'label':
      return { pairs: pairsOf(effect.pairs) };
    case 'arg':
      return { args: effect.arguments.map(({ name, value }) => (value === undefined ? [name] : [name, value])) };
    case 'expose':
      return { ports: [...effect.words].sort() };
    case 'volume':
      return { volumes: effect.words };
    case 'shell':
      return { words: effect.words };
    case 'healthcheck':
      return { healthcheck: effect.healthcheck };
    case 'copy':
    case 'add': {
      const { sources, files, destination, chown, chmod, link, exclude } = effect.transfer;
      return {
        sources,
        dest: destination,
        ...(files.length > 0
          ? {
              contents: files.map(({ name, content, expand }) => ({
                path: name,
                data: content,
                expand,
              })),
            }
          : {}),
        ...(chown === '' ? {} : { chown }),
        ...(chmod === '' ? {} : { chmod }),
        ...(link ? { link } : {}),
        ...(exclude.length > 0 ? { exclude } : {}),
        ...(effect.kind === 'copy' && effect.parents ? { parents: true } : {}),
        ...(effect.kind === 'copy' && effect.from !== '' ? { from: effect.from } : {}),
        ...(effect.kind === 'add' && effect.checksum !== '' ? { checksum: effect.checksum } : {}),
      };
    }
    case 'from':
      return {};
    default:
      return { text: effect.text };
  }
}

function instructionOf(instruction: Instruction): Record<string, unknown> {
  const { heredocs } = instruction.line;
  const isRun = instruction.kind === 'run' && heredocs.length > 0;
  return {
    name: instruction.kind.toUpperCase(),
    lines: [instruction.line.number, instruction.line.number],
    ...said(instruction),
    ...(isRun ? { heredocs: heredocs.map(({ name, chomp, content }) => ({ name, chomp, data: content })) } : {}),
  };
}

/** The tree in the words of the fixtures. */
function structureOf(dockerfile: Dockerfile): Pick<ExpectedDockerfile, 'globalArgs' | 'stages' | 'syntax' | 'escape'> {
  const globals = dockerfile.globalArguments.flatMap(({ arguments: given }) => given);
  const { syntax, escape: token } = dockerfile.directives;
  const tree = {
    ...(globals.length > 0
      ? { globalArgs: globals.map(({ name, value }) => (value === undefined ? [name] : [name, value])) }
      : {}),
    stages: dockerfile.stages.map(({ base, platform, name, line, instructions }) => ({
      base,
      lines: [line.number, line.number] as const,
      instructions: instructions.map(instructionOf),
      ...(name === undefined ? {} : { name }),
      ...(platform === '' ? {} : { platform }),
      ...docOf(line.comments, name),
    })),
    ...(syntax === undefined ? {} : { syntax }),
    ...(token === '\\' ? {} : { escape: token }),
  };
  return tree;
}

function docOf(comments: readonly string[], name: string | undefined): { doc?: string } {
  const comment = name === undefined ? undefined : comments.find(text => text.startsWith(`${name} `));
  return comment === undefined ? {} : { doc: comment.slice((name ?? '').length + 1) };
}

const errorOf = ({ parseError, instructionError }: ExpectedDockerfile): string | undefined =>
  parseError ?? instructionError;

function checkStructure({ text, expected }: CorpusCase): void {
  const wanted = errorOf(expected);
  if (wanted !== undefined) {
    assert.throws(
      () => parseDockerfile(text),
      (error: unknown) => {
        assert.ok(error instanceof OciError);
        const line = /on line (\d+)/.exec(wanted)?.[1];
        if (line !== undefined) assert.equal(error.subject.split(':')[1], line, wanted);
        return true;
      },
      wanted,
    );
    return;
  }
  const { globalArgs, stages, syntax, escape: token } = expected;
  const tree = structureOf(parseDockerfile(text));
  // Of BuildKit's parser tests only the syntax tree is known.
  if (expected.ast !== undefined) return;
  const wished = { globalArgs, stages, syntax, escape: token };
  const given = Object.fromEntries(Object.entries(wished).filter(([, value]) => value !== undefined));
  assert.deepEqual(shortenedAs(given, tree), given);
}

test('every Dockerfile of the corpus has the structure that BuildKit finds, or is refused in the same line', t => {
  const corpus = dockerfileCorpus(t);
  if (corpus !== undefined) forAll(t, corpus, checkStructure);
});

/** The words of an instruction as BuildKit's syntax tree has them. */
function argumentsOf(effect: Effect): readonly string[] {
  switch (effect.kind) {
    case 'env':
    case 'label':
      return effect.pairs.flatMap(({ name, value, legacy }) => [name, value, legacy ? '' : '=']);
    case 'arg':
      return effect.arguments.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
    case 'copy':
    case 'add':
      return [...effect.transfer.sources, effect.transfer.destination];
    case 'from':
      return [effect.from.base];
    default:
      return 'words' in effect ? effect.words : 'text' in effect ? [effect.text] : [];
  }
}

test("lines, words and comments are those of BuildKit's syntax tree", t => {
  const corpus = dockerfileCorpus(t)?.filter(({ expected }) => expected.ast !== undefined);
  forAll(t, corpus ?? [], ({ text, expected }) => {
    const { directives, lines } = dockerfileLines(text, 'Dockerfile', failIn('Dockerfile'));
    const failAt = failAtLine('Dockerfile');
    const nodes = lines.map(line => {
      const instruction = parseInstruction(line, { escapeToken: directives.escape, failAt });
      const isArray = stringArray(line.text.replace(/^\s*\S+\s*/, ''), failAt(line)) !== undefined;
      return {
        name: instruction.kind.toUpperCase(),
        args: argumentsOf(instruction),
        lines: [line.number, line.end],
        ...(isArray ? { json: true } : {}),
        ...(line.comments.length > 0 ? { comments: line.comments } : {}),
      };
    });
    assert.deepEqual(nodes, expected.ast);
  });
});

interface WordRow {
  readonly text: string;
  readonly env: readonly string[];
  readonly escape?: string;
  readonly word?: string;
  readonly words?: readonly string[];
  readonly unset?: readonly string[];
  readonly error?: string;
}

test('words of the shell are expanded and split as by BuildKit, and the same are refused', t => {
  const rows = ['shell-words', 'shell-operators'].flatMap(name => dockerfileTable<WordRow>(t, name) ?? []);
  forAll(t, rows, row => {
    const unset = new Set<string>();
    const variables = new Map(
      row.env.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
    const expansion = {
      escapeToken: row.escape ?? '\\',
      fail: (message: string) => new OciError('invalid', 'word', message),
      spend: () => {},
      variable: (name: string) => {
        const value = variables.get(name);
        if (value === undefined) unset.add(name);
        return value;
      },
    };
    if (row.error !== undefined) {
      assert.throws(() => expandWord(row.text, expansion), OciError);
      return;
    }
    assert.equal(expandWord(row.text, expansion), row.word);
    assert.deepEqual([...unset].sort(), [...(row.unset ?? [])].sort());
    if (row.words !== undefined) assert.deepEqual(expandWords(row.text, expansion), row.words);
  });
});
