// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dollars are the shell's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError, usage } from '../errors.ts';
import { instructionsLimit, lineLimit, substitutionDepthLimit } from '../limits.ts';
import type { ContainerConfig } from '../spec/objects.ts';
import { applyChanges } from './change.ts';
import { parseDuration } from './healthcheck.ts';
import { parseChanges } from './parse-changes.ts';
import { type Expansion, expandWord, expandWords } from './shell-words.ts';

/** The container of the golden vectors: what `docker commit` was given. */
const container: ContainerConfig = {
  Entrypoint: ['/bin/sh'],
  Cmd: ['-c', 'touch /x'],
  Env: ['FOO=bar', 'A=1'],
  Labels: { a: 'b', c: 'd e' },
  ExposedPorts: { '80/tcp': {} },
  WorkingDir: '/root',
};

const change = (...changes: string[]): ContainerConfig => applyChanges(container, changes);
const sortedKeys = (value: object | null | undefined): string[] => Object.keys(value ?? {}).sort();
const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof OciError);
    assert.equal(error.code, 'usage');
    return error.message;
  }
  throw new Error('nothing was thrown');
};
const refusal = (...changes: string[]): string => messageOf(() => change(...changes));

test('an entrypoint of its own takes the base command away, unless a command is given too', () => {
  assert.deepEqual(change('ENTRYPOINT ["x"]'), { ...without('Cmd'), Entrypoint: ['x'] });
  assert.deepEqual(change('ENTRYPOINT x y'), { ...without('Cmd'), Entrypoint: ['/bin/sh', '-c', 'x y'] });
  const both = { ...container, Entrypoint: ['x'], Cmd: ['a', 'b'] };
  assert.deepEqual(change('CMD ["a","b"]', 'ENTRYPOINT ["x"]'), both);
  assert.deepEqual(change('ENTRYPOINT ["x"]', 'CMD ["a","b"]'), both);
});

test('an empty entrypoint changes nothing', () => {
  assert.deepEqual(change('ENTRYPOINT []'), container);
  assert.deepEqual(change('ENTRYPOINT'), container);
});

test('CMD takes the exec form, the shell form, nothing, and JSON that is not JSON as a command line', () => {
  assert.deepEqual(change('CMD []').Cmd, []);
  assert.deepEqual(change("CMD echo $FOO 'q q'").Cmd, ['/bin/sh', '-c', "echo $FOO 'q q'"]);
  assert.deepEqual(change('CMD').Cmd, ['/bin/sh', '-c']);
  assert.deepEqual(change("CMD ['a']").Cmd, ['/bin/sh', '-c', "['a']"]);
  assert.deepEqual(change('CMD   [ "a" , "b c" ]  ').Cmd, ['a', 'b c']);
  assert.match(
    refusal('CMD ["a", 1]'),
    /^instructions line 1: when using JSON array syntax, arrays must be comprised of strings only$/,
  );
});

test('CMD [] without an entrypoint puts the base command back', () => {
  assert.deepEqual(applyChanges({ Cmd: ['a'] }, ['CMD []']).Cmd, ['a']);
});

test('the shell form uses the SHELL of the base', () => {
  assert.deepEqual(applyChanges({ Shell: ['/bin/zsh', '-c'] }, ['CMD a b']).Cmd, ['/bin/zsh', '-c', 'a b']);
});

test('ENV expands with the variables from before the instruction, replaces in place and appends', () => {
  assert.deepEqual(change('ENV K=$FOO/x K2="a b" K3=a\\ b FOO=$K').Env, ['FOO=', 'A=1', 'K=bar/x', 'K2=a b', 'K3=a b']);
  assert.deepEqual(change('ENV X=1', 'ENV Y=$X$X').Env, ['FOO=bar', 'A=1', 'X=1', 'Y=11']);
  assert.deepEqual(change('ENV K v with  spaces "q"').Env, ['FOO=bar', 'A=1', 'K=v with  spaces q']);
  assert.equal(
    refusal('ENV a=b z'),
    `instructions line 1: Syntax error - can't find = in "z". Must be of the form: name=value`,
  );
  assert.equal(refusal('ENV a'), 'instructions line 1: ENV must have two arguments');
  assert.equal(refusal('ENV'), 'instructions line 1: ENV requires at least one argument');
  assert.equal(refusal('ENV =b'), 'instructions line 1: ENV names can not be blank');
});

test('LABEL expands double quotes, leaves single quotes and takes quoted and hostile keys', () => {
  const labels = change('LABEL a=\'$FOO\' b="$FOO" c=${FOO:-x} d=${NO:-x} e=${FOO:+y} f=\\$FOO').Labels;
  assert.deepEqual(labels, { a: '$FOO', b: 'bar', c: 'bar', d: 'x', e: 'y', f: '$FOO' });
  assert.deepEqual(change('LABEL "x y"="z" e=').Labels, { ...container.Labels, 'x y': 'z', e: '' });
  const hostile = change('LABEL __proto__=1 constructor=2').Labels ?? {};
  assert.equal(Object.getPrototypeOf(hostile), Object.prototype);
  assert.deepEqual(sortedKeys(hostile), ['__proto__', 'a', 'c', 'constructor']);
  assert.equal(refusal('LABEL a'), 'instructions line 1: LABEL must have two arguments');
});

test('EXPOSE adds ports, ranges and the container side of host mappings', () => {
  const keys = sortedKeys(change('EXPOSE 80 443/udp 5000-5002 8080:90').ExposedPorts);
  assert.deepEqual(keys, ['443/udp', '5000/tcp', '5001/tcp', '5002/tcp', '80/tcp', '90/tcp']);
  assert.deepEqual(sortedKeys(change('ENV P="1 2/UDP"', 'EXPOSE $P 127.0.0.1:8:9').ExposedPorts), [
    '1/tcp',
    '2/udp',
    '80/tcp',
    '9/tcp',
  ]);
  assert.equal(refusal('EXPOSE foo'), 'instructions line 1: invalid containerPort: foo');
  assert.equal(refusal('EXPOSE 80/icmp'), 'instructions line 1: invalid proto: icmp');
  assert.equal(refusal('EXPOSE 65536'), 'instructions line 1: invalid containerPort: 65536');
  assert.equal(refusal('EXPOSE 9-8'), 'instructions line 1: invalid containerPort: 9-8');
  assert.equal(refusal('EXPOSE 1.2.3:8:9'), 'instructions line 1: invalid IP address: 1.2.3');
  assert.equal(refusal('EXPOSE'), 'instructions line 1: EXPOSE requires at least one argument');
});

test('VOLUME takes words and JSON', () => {
  assert.deepEqual(sortedKeys(change('VOLUME /a /b', 'VOLUME ["/c d","/e"]').Volumes), ['/a', '/b', '/c d', '/e']);
  assert.match(refusal('VOLUME $NO'), /VOLUME specified can not be an empty string$/);
});

test('WORKDIR is joined to the directory so far and cleaned', () => {
  assert.equal(change('WORKDIR sub', 'WORKDIR ../z/').WorkingDir, '/root/z');
  assert.equal(change('WORKDIR /a//b/./../').WorkingDir, '/a');
  assert.equal(change('WORKDIR ../../..').WorkingDir, '/');
  assert.equal(applyChanges({}, ['WORKDIR a']).WorkingDir, '/a');
});

test('an escape directive changes the escape character', () => {
  assert.deepEqual(change('# escape=`', 'ENV P=a`$FOO').Env, ['FOO=bar', 'A=1', 'P=a$FOO']);
  assert.match(refusal('# escape=x', 'CMD a'), /invalid escape token 'x'/);
  assert.match(refusal('# escape=`', '#escape=`', 'CMD a'), /only one escape parser directive can be used/);
});

test('comments, continuation lines, CRLF and a byte order mark are read as in a Dockerfile', () => {
  const text = '\ufeff# a comment\r\nenv X=1 \\\r\n  # inside\r\n\r\n  Y=2\r\n';
  assert.deepEqual(change(text).Env, ['FOO=bar', 'A=1', 'X=1', 'Y=2']);
  assert.deepEqual(change('CMD a \\', 'b').Cmd, ['/bin/sh', '-c', 'a b']);
  assert.deepEqual(change('CMD a \\\\').Cmd, ['/bin/sh', '-c', 'a \\\\']);
  assert.equal(refusal('# nothing'), 'instructions: file with no instructions');
  assert.equal(refusal(''), 'instructions: file with no instructions');
});

test('HEALTHCHECK takes NONE, both forms of CMD and its flags; what is not given comes from the base', () => {
  assert.deepEqual(change('HEALTHCHECK NONE').Healthcheck, { Test: ['NONE'] });
  assert.deepEqual(change('HEALTHCHECK CMD ["a","b"]').Healthcheck, { Test: ['CMD', 'a', 'b'] });
  const flags =
    'HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=2h --start-interval=5ms --retries=3 CMD a  b';
  assert.deepEqual(change(flags).Healthcheck, {
    Test: ['CMD-SHELL', 'a  b'],
    Interval: 90e9,
    Timeout: 1.5e9,
    StartPeriod: 7200e9,
    StartInterval: 5e6,
    Retries: 3,
  });
  const base = { Healthcheck: { Test: ['CMD', 'old'], Interval: 5e9, Retries: 2 } };
  assert.deepEqual(applyChanges(base, ['HEALTHCHECK --retries=7 CMD new']).Healthcheck, {
    Test: ['CMD-SHELL', 'new'],
    Interval: 5e9,
    Retries: 7,
  });
  for (const [text, message] of [
    ['HEALTHCHECK', /requires at least one argument$/],
    ['HEALTHCHECK CMD', /Missing command after HEALTHCHECK CMD$/],
    ['HEALTHCHECK NONE x', /HEALTHCHECK NONE takes no arguments$/],
    ['HEALTHCHECK x', /Unknown type "X" in HEALTHCHECK \(try CMD\)$/],
    ['HEALTHCHECK --x=1 CMD a', /unknown flag: --x$/],
    ['HEALTHCHECK --timeout=1s --timeout=2s CMD a', /duplicate flag specified: --timeout$/],
    ['HEALTHCHECK --timeout=1ns CMD a', /cannot be less than 1ms$/],
    ['HEALTHCHECK --timeout=1 CMD a', /missing unit in duration "1"$/],
    ['HEALTHCHECK --retries=-1 CMD a', /--retries cannot be negative \(-1\)$/],
  ] as const) {
    assert.match(refusal(text), message, text);
  }
});

test('durations are summed in nanoseconds and junk is refused', () => {
  assert.equal(
    parseDuration('1h2m3.5s4ms5us6ns', message => usage('x', message)),
    3_723_504_005_006,
  );
  assert.equal(
    parseDuration('0', message => usage('x', message)),
    0,
  );
  for (const text of ['', 's', '1', '1x', '-', '1s1', '999999999h', '1..2s'])
    assert.throws(() => parseDuration(text, message => usage('x', message)), OciError, text);
});

test('ONBUILD stores its trigger as it is and adds to those of the base', () => {
  assert.deepEqual(applyChanges({ OnBuild: ['RUN a'] }, ['ONBUILD  COPY --chown=1 $X  .']).OnBuild, [
    'RUN a',
    'COPY --chown=1 $X  .',
  ]);
  assert.match(refusal('ONBUILD ONBUILD RUN x'), /Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed$/);
  assert.match(refusal('ONBUILD from x'), /FROM isn't allowed as an ONBUILD trigger$/);
});

test('USER is the rest of the line, STOPSIGNAL a signal', () => {
  assert.equal(change('USER 1:2 3').User, '1:2 3');
  assert.equal(change('USER ${FOO}').User, 'bar');
  assert.equal(change('STOPSIGNAL sigrtmin+3').StopSignal, 'sigrtmin+3');
  assert.equal(change('STOPSIGNAL 9').StopSignal, '9');
  for (const signal of ['0', 'SIGFOO', '99', '-9', 'RTMIN+16'])
    assert.match(refusal(`STOPSIGNAL ${signal}`), /invalid signal: /);
});

test('other instructions and flags are refused before anything is applied', () => {
  assert.equal(refusal('CMD a', 'RUN x'), 'instructions line 2: RUN is not a valid change command');
  assert.equal(refusal('SHELL ["a"]'), 'instructions line 1: SHELL is not a valid change command');
  assert.equal(refusal('CMD --x a'), 'instructions line 1: unknown flag: --x');
  assert.deepEqual(change('CMD -- --x a').Cmd, ['/bin/sh', '-c', '--x a']);
});

test('fields that no instruction speaks of survive, also those that ocikit does not know', () => {
  const base = { Memory: 5, User: 'u', OnBuild: ['RUN x'], Shell: ['s'] } as ContainerConfig;
  assert.deepEqual(applyChanges(base, ['ENV a=b']), { ...base, Env: ['a=b'] });
  assert.equal(applyChanges(base, []), base);
});

const variables: Readonly<Record<string, string>> = {
  v: 'abcabc',
  e: '',
  s: 'a b  c',
  p: '/usr/local/lib',
  star: 'a*c',
};
const expansion: Expansion = {
  escapeToken: '\\',
  fail: message => usage('word', message),
  variable: name => (Object.hasOwn(variables, name) ? variables[name] : undefined),
  spend: () => {},
};

test('the shell lexer expands every form that docker knows', () => {
  for (const [text, result] of [
    ["'$v'", '$v'],
    ['"$v \\$v \\a \\" \\\\"', 'abcabc $v \\a " \\'],
    ['\\a\\$v', 'a$v'],
    ['a\\', 'a'],
    ['$v/${v}x', 'abcabc/abcabcx'],
    ['$1$@$$.$.$', '.$.$'],
    ['${u:-w}${u-w}${e:-w}${e-w}', 'www'],
    ['${u:+w}${e:+w}${e+w}${v:+w}', 'ww'],
    ['${u:-${e:-${v}}}', 'abcabc'],
    ['${v:?x}', 'abcabc'],
    ['${v#a}', 'bcabc'],
    ['${v#*c}', 'abc'],
    ['${v##*c}', ''],
    ['${v%c}', 'abcab'],
    ['${v%b*}', 'abca'],
    ['${v%%b*}', 'a'],
    ['${p##*/}', 'lib'],
    ['${p%/*}', '/usr/local'],
    ['${v#?}', 'bcabc'],
    ['${v/b/X}', 'aXcabc'],
    ['${v//b/X}', 'aXcaXc'],
    ['${v/b*/X}', 'aX'],
    ['${v//?/X}', 'XXXXXX'],
    ['${p//\\//-}', '-usr-local-lib'],
    ['${star/\\*/X}', 'aXc'],
  ] as const) {
    assert.equal(expandWord(text, expansion), result, text);
  }
  assert.deepEqual(expandWords('$s "$s" x\\ y', expansion), ['a', 'b', 'c', 'a b  c', 'x y']);
});

test('the shell lexer refuses what docker refuses, in its words', () => {
  for (const [text, message] of [
    ['${u:?is gone}', 'u: is gone'],
    ['${u?}', 'u: is not allowed to be unset'],
    ['${e:?}', 'e: is not allowed to be empty'],
    ['${v:=w}', 'unsupported modifier (:=) in substitution'],
    ['${}', 'syntax error: bad substitution'],
    ['${{x}', 'syntax error: bad substitution'],
    ['${:x}', 'syntax error: bad substitution'],
    ['${v', "syntax error: missing '}'"],
    ['${', "syntax error: missing '}'"],
    ["'a", 'unexpected end of statement while looking for matching single-quote'],
    ['"a', 'unexpected end of statement while looking for matching double-quote'],
    ['${v#\\a}', "invalid pattern (\\a) in substitution: invalid escape '\\a'"],
  ] as const) {
    assert.equal(
      messageOf(() => expandWord(text, expansion)),
      `word: failed to process ${JSON.stringify(text)}: ${message}`,
      text,
    );
  }
});

test('limits hold: line, text, depth and the work of expansion', () => {
  assert.match(refusal(`CMD ${'a'.repeat(lineLimit)}`), /maximum allowed size of 65535$/);
  assert.match(refusal(`CMD ${'ä'.repeat(lineLimit / 2)}`), /maximum allowed size of 65535$/);
  assert.match(refusal('#\n'.repeat(instructionsLimit)), /expected at most 1048576 characters/);
  const nested = (depth: number): string => '${u:-'.repeat(depth) + '}'.repeat(depth);
  assert.equal(expandWord(nested(substitutionDepthLimit), expansion), '');
  assert.match(
    messageOf(() => expandWord(nested(substitutionDepthLimit + 1), expansion)),
    /at most 64 deep/,
  );
  assert.match(
    messageOf(() => expandWord(nested(10_000), expansion)),
    /at most 64 deep/,
  );
  const doubling = ['ENV A=aaaaaaaa', ...Array.from({ length: 60 }, () => 'ENV A=$A$A')];
  assert.match(refusal(...doubling), /expected expansions of at most/);
  assert.match(refusal(`EXPOSE ${'1-65535 '.repeat(8000)}`), /expected expansions of at most/);
});

const fragments = fc.constantFrom(
  'ENV ',
  'LABEL ',
  'CMD ',
  'EXPOSE ',
  '\n',
  '\\',
  '`',
  '"',
  "'",
  '$',
  '${',
  '}',
  ':-',
  '#',
  '%',
  '//',
  '=',
  '[',
  ']',
  ' ',
  'a',
  '*',
  'é',
  '\u{1f600}',
  '__proto__',
  '# escape=`\n',
  'HEALTHCHECK ',
  '--x=',
  '80',
  '\0',
);

test('any text at all is applied or refused with an OciError', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fragments, { maxLength: 20 }).map(parts => parts.join('')),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), changes => {
      try {
        assert.equal(typeof change(...changes), 'object');
      } catch (error) {
        assert.ok(error instanceof OciError);
      }
    }),
    { numRuns: 2000 },
  );
});

test('any names and values come back out of ENV when they are quoted', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
  const value = fc.string().filter(text => !/[\n\r']/.test(text));
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1, noNullPrototype: true }), pairs => {
      const line = Object.entries(pairs)
        .map(([key, text]) => `${key}='${text}'`)
        .join(' ');
      assert.deepEqual(
        applyChanges({}, [`ENV ${line}`]).Env,
        Object.entries(pairs).map(([key, text]) => `${key}=${text}`),
      );
    }),
  );
});

test('instructions keep the number of the line they start on', () => {
  assert.deepEqual(
    parseChanges(['# x', 'CMD a \\\n b', 'USER c']).instructions.map(({ fail }) => (fail('') as OciError).subject),
    ['instructions line 2', 'instructions line 4'],
  );
});

function without(field: keyof ContainerConfig): ContainerConfig {
  return Object.fromEntries(Object.entries(container).filter(([key]) => key !== field));
}
