// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dollars are the Dockerfile's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { isLinear } from '../testing/work.ts';
import { DockerfileError } from './dockerfile-error.ts';
import type { Effect, Instruction, InstructionOf } from './instruction.ts';
import { type Dockerfile, parseDockerfile } from './parse.ts';

const parsed = (...lines: string[]): readonly Instruction[] =>
  parseDockerfile(['FROM scratch', ...lines].join('\n')).stages[0]?.instructions ?? [];
const only = <Kind extends Effect['kind']>(kind: Kind, ...lines: string[]): InstructionOf<Kind> => {
  const [instruction, ...more] = parsed(...lines);
  assert.deepEqual([instruction?.kind, more], [kind, []]);
  return instruction as InstructionOf<Kind>;
};
const refusal = (...lines: string[]): string => {
  try {
    parseDockerfile(lines.join('\n'));
  } catch (error) {
    assert.ok(error instanceof DockerfileError, String(error));
    assert.equal(error.code, 'invalid');
    return error.message;
  }
  throw new Error('nothing was thrown');
};

test('directives are read at the top, whatever their case, and end with the first line that is none', () => {
  const { directives } = parseDockerfile('# Syntax = docker/dockerfile:1 extra\n#escape=`\n# check=skip=all\nFROM a');
  assert.deepEqual(directives, { escape: '`', syntax: 'docker/dockerfile:1', check: 'skip=all' });
  assert.deepEqual(parseDockerfile('# a comment\n# escape=`\nFROM a').directives, { escape: '\\' });
  assert.deepEqual(parseDockerfile('\n# escape=`\nFROM a').directives, { escape: '\\' });
  assert.equal(refusal('# escape=x', 'FROM a'), "Dockerfile:1:1: invalid escape token 'x' does not match ` or \\");
  assert.match(refusal('# escape=`', '# escape=`', 'FROM a'), /^Dockerfile:2:1: only one escape parser directive/);
});

test('continuation lines are joined, comments inside them are dropped, and blank lines inside them are remembered', () => {
  const { line } = only('run', 'RUN a \\', '  # why', '', '   b \\', 'c');
  assert.deepEqual([line.number, line.end, line.text, line.blankBefore], [2, 6, 'RUN a    b c', 6]);
  assert.equal(only('run', 'RUN a \\\\').words[0], 'a \\\\');
  assert.equal(only('run', 'RUN a \\').words[0], 'a');
});

test('comments directly above an instruction belong to it; an empty one sends them away', () => {
  const [run, copy] = parsed('# one', '#  two', 'RUN a', '# gone', '#', '# here', 'COPY a b');
  assert.deepEqual(run?.line.comments, ['one', 'two']);
  assert.deepEqual(copy?.line.comments, ['here']);
});

test('heredocs end with their word alone on a line, several one after another; a dash drops tabs, quotes forbid expansion', () => {
  const { line } = only('run', 'RUN cat <<A <<-"B" > x', '# no comment \\', '', 'A', '\tb', '\tB');
  assert.deepEqual(line.heredocs, [
    { name: 'A', expand: true, chomp: false, content: '# no comment \\\n\n' },
    { name: 'B', expand: false, chomp: true, content: '\tb\n' },
  ]);
  const { transfer } = only('copy', 'COPY <<-A a <<B /d/', '\tx', 'A', '\ty', 'B');
  assert.deepEqual(transfer.sources, ['a']);
  assert.deepEqual(transfer.files, [
    { name: 'A', expand: true, content: 'x\n' },
    { name: 'B', expand: true, content: '\ty\n' },
  ]);
  assert.equal(only('onbuild', 'ONBUILD RUN <<E', 'x', 'E').text, 'RUN <<E\nx\nE');
  assert.equal(refusal('FROM a', 'RUN <<E', 'x'), 'Dockerfile:2:1: unterminated heredoc E');
});

test('what looks like a heredoc and is none takes no lines', () => {
  for (const line of ['RUN cat <<<x', 'RUN ["<<E"]', 'ENV A="<<E"', 'RUN echo "<<E"', "RUN echo '<<E' it's"])
    assert.equal(parsed(line, 'USER a').length, 2, line);
});

test('flags stand before the arguments, `--` ends them, and their values are unquoted', () => {
  const { transfer, from, parents } = only(
    'copy',
    `COPY --from=b --chown="1 2" --link --parents=TRUE --exclude=a --exclude=b x y`,
  );
  assert.deepEqual([from, parents, transfer.chown, transfer.link], ['b', true, '1 2', true]);
  assert.deepEqual([transfer.exclude, transfer.sources, transfer.destination], [['a', 'b'], ['x'], 'y']);
  assert.equal(only('run', 'RUN -- --mount true').words[0], '--mount true');
  const { run } = only('run', 'RUN --network=none --mount=type=cache,target=/c --security=insecure true');
  assert.deepEqual([run.network, run.security, run.mounts], ['none', 'insecure', ['type=cache,target=/c']]);
});

test('FROM has a platform and a name, which is lower case whatever is written', () => {
  const { stages } = parseDockerfile('FROM --platform=$P a:1 aS Build\nFROM b');
  const [named, plain] = stages;
  assert.deepEqual(
    [named?.base, named?.platform, named?.name, named?.written],
    ['a:1', '$P', 'build', { as: 'aS', name: 'Build' }],
  );
  assert.deepEqual([plain?.base, plain?.platform, plain?.name], ['b', '', undefined]);
});

test('an error names the line and column of the word that it is about, and the word that was probably meant', () => {
  for (const [lines, message] of [
    [['FROM a', '  RUNN x'], 'Dockerfile:2:3: unknown instruction: RUNN (did you mean RUN?)'],
    [['FROM a', 'run x', 'coppy a b'], 'Dockerfile:3:1: unknown instruction: coppy (did you mean copy?)'],
    [['FROM a', 'COPY --chow=1 a b'], 'Dockerfile:2:6: unknown flag: --chow (did you mean chown?)'],
    [['FROM a', 'COPY \\', '  --chown=1 \\', '  --chmod a b'], 'Dockerfile:4:3: missing a value on flag: --chmod'],
    [['FROM a', 'COPY --from=a --from=b a b'], 'Dockerfile:2:6: duplicate flag specified: --from'],
    [
      ['FROM a', 'RUN --mount=from=$X,target=/a true'],
      "Dockerfile:2:18: 'from' doesn't support variable expansion, define alias stage instead",
    ],
    [['FROM a', 'ENV A=b c'], `Dockerfile:2:9: Syntax error - can't find = in "c". Must be of the form: name=value`],
    [
      ['FROM a AS 1x'],
      `Dockerfile:1:11: invalid name for build stage: "1x", name can't start with a number or contain symbols`,
    ],
    [['FROM a b'], 'Dockerfile:1:1: FROM requires either one or three arguments'],
    [['RUN x'], 'Dockerfile:1:1: no build stage in current context'],
    [['# nothing'], 'Dockerfile:1:1: file with no instructions'],
    [['FROM a', 'SHELL sh -c'], 'Dockerfile:2:7: SHELL requires the arguments to be in JSON form'],
    [['FROM a', 'ADD x <<E', 'E'], 'Dockerfile:2:7: ADD cannot accept a heredoc as a destination'],
    [['FROM a', 'COPY --link=maybe a b'], 'Dockerfile:2:6: expecting boolean value for flag --link, not: maybe'],
  ] as const)
    assert.equal(refusal(...lines), message);
});

test('a path other than Dockerfile is what messages speak of', () => {
  assert.throws(
    () => parseDockerfile('x', 'api/Dockerfile'),
    /^DockerfileError|api\/Dockerfile:1:1: unknown instruction: x/,
  );
});

const pieces = fc.constantFrom(
  ...'FROM a|RUN |COPY |ADD |ONBUILD |ENV |LABEL |ARG |CMD |EXPOSE |HEALTHCHECK |SHELL |VOLUME |USER |WORKDIR |STOPSIGNAL |MAINTAINER '.split(
    '|',
  ),
  ...[
    '\n',
    '\\\n',
    '\r\n',
    '# ',
    '#escape=`\n',
    '<<E',
    '<<-"E"',
    '\nE\n',
    '--mount=',
    '--from=',
    'type=cache,',
    '"',
    "'",
    '$',
    '${',
    '}',
    '[',
  ],
  ...[
    ']',
    ',',
    '=',
    ' ',
    '\t',
    'a',
    '--',
    '\\',
    '`',
    'é',
    '\u{1f600}',
    '\0',
    '__proto__',
    ':-',
    '/',
    'AS ',
    '\u2028',
    '\ufeff',
  ],
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(pieces, { maxLength: 40 }).map(parts => parts.join('')),
  fc.array(pieces, { maxLength: 40 }).map(parts => `FROM a\n${parts.join('')}`),
);

function treeOrError(text: string): Dockerfile | undefined {
  try {
    return parseDockerfile(text);
  } catch (error) {
    assert.ok(error instanceof OciError, String(error));
    if (error instanceof DockerfileError) assert.ok(error.place.line >= 1 && error.place.column >= 1, error.message);
    return undefined;
  }
}

test('any text at all is a tree or an OciError with a place in the text', () => {
  fc.assert(
    fc.property(anyText, text => {
      const tree = treeOrError(text);
      const count = text.split('\n').length;
      for (const { line, instructions } of tree?.stages ?? [])
        for (const at of [line, ...instructions.map(instruction => instruction.line)])
          assert.ok(at.number >= 1 && at.number <= at.end && at.end <= count, text);
    }),
    { numRuns: 3000 },
  );
});

for (const [name, text] of [
  ['lines', size => `FROM a\n${'RUN x\n'.repeat(size)}`],
  ['empty lines', size => `FROM a\n${'\n'.repeat(8 * size)}`],
  ['comments', size => `${'# x\n'.repeat(4 * size)}FROM a\n`],
  ['continuations', size => `FROM a\nRUN x${' \\\n y'.repeat(2 * size)}`],
  ['comments inside an instruction', size => `FROM a\nRUN x \\\n${'# y\n'.repeat(4 * size)}`],
  ['heredocs', size => `FROM a\n${'RUN <<E\nx\nE\n'.repeat(size)}`],
  ['heredocs of one instruction', size => `FROM a\nRUN ${'<<E '.repeat(size)}\n${'E\n'.repeat(size)}`],
  ['a heredoc without an end', size => `FROM a\nRUN <<E\n${'x\n'.repeat(4 * size)}`],
  ['stages', size => Array.from({ length: size }, (_, at) => `FROM a AS s${at}\n`).join('')],
  ['mounts', size => `FROM a\nRUN \\\n${'--mount=type=cache,target=/c \\\n'.repeat(size)} x`],
  ['fields of a mount', size => `FROM a\nRUN --mount=${'target=/c,'.repeat(size)}target=/c x`],
  ['quotes in a mount', size => `FROM a\nRUN --mount=${'""'.repeat(2 * size)} x`],
  ['a word that is no instruction', size => `FROM a\n${'x'.repeat(8 * size)}`],
] as readonly (readonly [string, (size: number) => string])[])
  test(`work grows with the length of the text: ${name}`, () => isLinear(size => void treeOrError(text(size)), 1000));

test('what is no text is refused in words', () => {
  for (const value of [undefined, null, 7, {}])
    assert.throws(() => parseDockerfile(value as unknown as string), { name: 'OciError', code: 'usage' });
});

test('a text of a million lines is read, and a longer one refused', () => {
  const head = 'FROM a\n';
  assert.equal(parseDockerfile(head + '\n'.repeat(1_000_000)).stages.length, 1);
  assert.throws(() => parseDockerfile(head + '\n'.repeat(1 << 20)), OciError);
});

test("what BuildKit finds in a trigger before it is triggered is a fault of ONBUILD, and NONE's flags are nobody's", () => {
  assert.match(refusal('FROM a', 'ONBUILD ENV B'), /^Dockerfile:2:1: ENV must have two arguments$/);
  assert.match(refusal('FROM a', 'ONBUILD LABEL a=b c'), /can't find = in "c"/);
  assert.match(refusal('FROM a', 'ONBUILD CMD [1]'), /arrays must be comprised of strings only$/);
  assert.match(refusal('FROM a', 'RUN --mount= x'), /failed to parse csv mounts: EOF$/);
  parseDockerfile('FROM a\nONBUILD ENV =b\nONBUILD foo\nHEALTHCHECK --x=1 NONE');
});
