// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dollars are the Dockerfile's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerfileCorpus, forAll } from '../testing/dockerfile-corpus.ts';
import { checkDockerfile } from './check.ts';

const platform = { os: 'linux', architecture: 'amd64' };

test('every Dockerfile of the corpus has the findings of BuildKit, in the same lines', t => {
  const corpus = dockerfileCorpus(t) ?? [];
  forAll(t, corpus, ({ id, text, expected }) => {
    if (expected.stages === undefined && expected.lint === undefined) return;
    const found = checkDockerfile(text, { platform });
    const rules = found.filter(({ code }) => /^[A-Z]/.test(code));
    const said = rules.map(({ code, message, line }) => `${line} ${code}: ${message}`).sort();
    // BuildKit says the same of each word of a line again.
    const wanted = new Set((expected.lint ?? []).map(({ rule, message, line }) => `${line} ${rule}: ${message}`));
    assert.deepEqual(said, [...wanted].sort());
    // FROM finds a stage in any case, as the classic builder does.
    if (id.endsWith('issue_519')) return;
    const isRefused = (expected.parseError ?? expected.instructionError ?? expected.buildError) !== undefined;
    assert.equal(
      found.some(({ code }) => code.endsWith('-error')),
      isRefused,
    );
  });
});

const found = (...lines: string[]): readonly string[] =>
  checkDockerfile(lines.join('\n'), { platform }).map(({ severity, code, subject, message }) =>
    [severity, code, subject, message].join(' ').replaceAll('Dockerfile:', ''),
  );

test('each rule points to the word that it is about', () => {
  assert.deepEqual(found('FROM a as B', 'RUN \\', '', '  x'), [
    "warning FromAsCasing 1:7 'as' and 'FROM' keywords' casing do not match",
    "warning StageNameCasing 1:11 Stage name 'B' should be lowercase",
    'warning NoEmptyContinuation 4:1 Empty continuation line',
  ]);
  assert.deepEqual(found('FROM a', 'COPY x \\', '  $Y /', 'ENV MY_TOKEN=1'), [
    "warning UndefinedVar 3:3 Usage of undefined variable '$Y'",
    'warning SecretsUsedInArgOrEnv 4:5 Do not use ARG or ENV instructions for sensitive data (ENV "MY_TOKEN")',
  ]);
});

test('what keeps a Dockerfile from being built is a finding too, and what stands before it is still looked at', () => {
  assert.deepEqual(found('from a', 'MAINTAINER me', 'COPY a'), [
    'warning MaintainerDeprecated 2:1 Maintainer instruction is deprecated in favor of using label',
    'error parse-error 3:1 COPY requires at least two arguments, but only one was provided. Destination could not be determined',
  ]);
  assert.deepEqual(found('FROM a', 'RUN x', 'COPY --chmod=9 a b', 'CMD x'), [
    "error build-error 3:14 invalid chmod parameter: '9'. it should be octal string and between 0 and 07777",
  ]);
  assert.deepEqual(found(''), ['error parse-error 1:1 file with no instructions']);
});

test('a check directive leaves rules out, for the file or for one instruction, and may make errors of warnings', () => {
  assert.deepEqual(found('# check=skip=JSONArgsRecommended', 'FROM a', 'CMD x'), []);
  assert.deepEqual(found('FROM a', '# check=skip=all', 'CMD x'), []);
  assert.deepEqual(found('# check=error=true', 'FROM a', 'CMD x'), [
    'error JSONArgsRecommended 3:5 JSON arguments recommended for CMD to prevent unintended behavior related to OS signals',
  ]);
  assert.match(
    found('# check=nonsense', 'FROM a')[0] ?? '',
    /^error parse-error 1:1 failed to parse check options: invalid check option "nonsense"$/,
  );
});

test('an excerpt shows the instruction with the lines around it', () => {
  const [finding] = checkDockerfile('FROM a\n\n# why\nCMD x \\\n  y\nUSER z\n', { platform });
  assert.deepEqual([finding?.line, finding?.endLine, finding?.at], [4, 5, { line: 4, column: 5 }]);
  const lines = ['   2 |', '   3 |     # why', '   4 | >>> CMD x \\', '   5 | >>>   y', '   6 |     USER z'];
  assert.equal(finding?.excerpt, lines.join('\n'));
});

test('the config of an image that is known counts, and .dockerignore', () => {
  const image = {
    os: 'linux',
    architecture: 'arm64',
    config: { Env: ['Y=1'], Shell: ['/bin/bash', '-c'] },
    rootfs: { type: 'layers', diff_ids: [] },
  } as const;
  const images = new Map([['docker.io/library/a:latest', image]]);
  const codes = (more: object): readonly string[] =>
    checkDockerfile('FROM a\nCOPY $Y secret /\nCMD x', { platform, ...more }).map(({ code }) => code);
  assert.deepEqual(codes({}), ['UndefinedVar', 'JSONArgsRecommended']);
  assert.deepEqual(codes({ images }), ['InvalidBaseImagePlatform']);
  assert.deepEqual(codes({ images, ignored: (path: string) => path === 'secret' }), [
    'InvalidBaseImagePlatform',
    'CopyIgnoredFile',
  ]);
});

test('a comment above an instruction leaves out what is about that instruction, not what is about all of them', () => {
  const skip = '# check=skip=all';
  assert.deepEqual(found('FROM a AS scratch', skip, 'from a AS scratch', skip, 'WORKDIR x'), [
    'warning ReservedStageName 1:11 Stage name should not use the same name as reserved stage "scratch"',
    "warning ConsistentInstructionCasing 3:1 Command 'from' should match the case of the command majority (uppercase)",
    'warning ReservedStageName 3:11 Stage name should not use the same name as reserved stage "scratch"',
    'warning DuplicateStageName 3:11 Duplicate stage name "scratch", stage names should be unique',
  ]);
  // Of two commands the comment above the later one counts.
  assert.deepEqual(found('FROM a', 'CMD ["x"]', skip, 'CMD ["y"]'), []);
  assert.equal(found('FROM a', skip, 'CMD ["x"]', 'CMD ["y"]').length, 1);
});

test('of a check directive the first word counts, and each of its options is one', () => {
  assert.deepEqual(found('# check=skip=JSONArgsRecommended # why', 'FROM a', 'CMD x'), []);
  assert.match(found('# check=skip = all', 'FROM a')[0] ?? '', /invalid check option "skip"$/);
  assert.match(found('# check=skip=A;', 'FROM a')[0] ?? '', /invalid check option ""$/);
});

test('ports are looked at before they are refused, and variables of EXPOSE need no value', () => {
  assert.deepEqual(found('FROM a', 'EXPOSE 80 $U', 'EXPOSE 9/TCP 1.2.3.4:80:a'), [
    'error build-error 3:14 invalid containerPort: a',
    "warning ExposeInvalidFormat 3:14 EXPOSE instruction should not define an IP address or host-port mapping, found '1.2.3.4:80:a'",
  ]);
  assert.deepEqual(found('FROM a', 'EXPOSE 80/x'), ['error build-error 2:8 invalid port: "80/x": invalid proto: x']);
});

test('a platform may be a system alone, and the name of an image is the one that its variables come to', () => {
  assert.deepEqual(found('FROM --platform=linux a'), [
    'warning FromPlatformFlagConstDisallowed 1:17 FROM --platform flag should not use constant value "linux"',
  ]);
  assert.match(found('FROM --platform=80 a')[0] ?? '', /failed to parse platform 80/);
  const image = { os: 'linux', architecture: 'arm64', rootfs: { type: 'layers', diff_ids: [] } } as const;
  const images = new Map([['docker.io/library/a:latest', image]]);
  const [finding] = checkDockerfile('ARG A=a\nFROM $A', { platform, images });
  assert.match(finding?.message ?? '', /^Base image a was pulled with platform "linux\/arm64"/);
});

test('stages that take files of each other in a circle are refused at the first line that does', () => {
  const lines = [
    'FROM a AS x',
    'RUN x',
    'COPY --from=z a b',
    'FROM a AS y',
    'COPY --from=x a b',
    'FROM a AS z',
    'COPY --from=y a b',
  ];
  assert.deepEqual(found(...lines), ['error build-error 3:1 circular dependency detected on stage: x']);
});
