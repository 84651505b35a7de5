import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuildEvent } from '../ops/build/log.ts';
import { buildProgress } from './build-progress.ts';
import type { Io } from './io.ts';
import type { Words } from './words.ts';

const events: readonly BuildEvent[] = [
  { step: 1, kind: 'start', title: 'load' },
  { step: 1, kind: 'done' },
  { step: 2, kind: 'start', title: '[a 1/2] COPY x \x1b[31m' },
  { step: 3, kind: 'start', title: '[b 1/2] RUN make' },
  { step: 3, kind: 'output', text: 'one\ntw' },
  { step: 3, kind: 'output', text: 'o\n10%\r99%' },
  { step: 2, kind: 'cached' },
  { step: 3, kind: 'error', message: 'exit code: 1' },
];

/** What is written of a build whose every event is a tenth of a second after the last. */
function written(
  progress: string | undefined,
  terminal: Partial<Pick<Io, 'columns' | 'rows' | 'stderrIsTerminal'>> = {},
  tell: readonly BuildEvent[] = events,
): string {
  let text = '';
  let time = Date.UTC(2024, 0, 1);
  const io = {
    stderrIsTerminal: false,
    columns: 0,
    rows: 0,
    ...terminal,
    stderr: (part: string) => {
      text += part;
    },
    now: () => new Date(time),
  } as unknown as Io;
  const words = { text: () => progress, flag: () => false } as unknown as Words;
  const { events: told, close } = buildProgress(words, io);
  for (const event of tell) {
    time += 100;
    told?.push(event);
  }
  close();
  return text;
}

test('options are spelled in what went wrong as they are typed', () => {
  const message = 'secret s: not found (it is required; option secrets gives it)';
  const tell: readonly BuildEvent[] = [
    { step: 1, kind: 'start', title: 'RUN' },
    { step: 1, kind: 'error', message },
  ];
  assert.match(written('plain', {}, tell), /^#1 ERROR: secret s: not found \(it is required; --secret gives it\)$/m);
  assert.match(written('rawjson', {}, tell), /"error":"secret s: not found \(it is required; --secret gives it\)"/);
});

/** What a terminal shows in the end of a text that goes up and clears below. */
function shown(text: string): readonly string[] {
  const lines: string[] = [];
  for (const [, up, line] of text.matchAll(/(?:\r(?:\x1b\[(\d+)A)?\x1b\[J)|([^\n\r]*)\n/g)) {
    if (line !== undefined) lines.push(line);
    else lines.splice(lines.length - Number(up ?? 0));
  }
  return lines;
}

test('the plain form has whole lines of what programs write, one step’s at a time, and nothing that a terminal acts on', () => {
  assert.equal(
    written('plain'),
    [
      '#1 load',
      '#1 DONE 0.1s\n',
      '#2 [a 1/2] COPY x \\x1b[31m',
      '#2 CACHED\n',
      '#3 [b 1/2] RUN make',
      '#3 0.100 one',
      '#3 0.200 two',
      '#3 0.400 10%\\r99%',
      '#3 ERROR: exit code: 1\n\n',
    ].join('\n'),
  );
  assert.equal(written(undefined), written('plain'), 'auto is plain where there is no terminal');
  assert.equal(written('quiet'), '');
});

test('who has said nothing yet, or has spoken for long, makes room for another and is gone on with', () => {
  const start = (step: number): BuildEvent => ({ step, kind: 'start', title: `RUN ${step}:` });
  const says = (step: number, text: string): BuildEvent => ({ step, kind: 'output', text: `${text}\n` });
  const ends = (step: number): BuildEvent => ({ step, kind: 'done' });
  const talk = Array.from({ length: 49 }, (_, at) => says(1, `${at}`));
  const told = [start(1), start(2), says(2, 'x'), ends(2), says(1, 'a'), start(3), says(3, 'y'), ...talk, says(3, 'z')];
  const end: readonly BuildEvent[] = [
    { step: 1, kind: 'error', message: 'no' },
    { step: 3, kind: 'canceled' },
  ];
  const lines = written('plain', {}, [...told, ...end])
    .split('\n')
    .filter(line => line !== '' && !/ \d+$/.test(line));
  assert.deepEqual(
    lines.map(line => line.replace(/ \d+\.\d+(?= )/, '').replace(/ [\d.]+s$/, '')),
    [
      ...['#1 RUN 1:', '#1 ...', '#2 RUN 2:', '#2 x', '#2 DONE', '#1 RUN 1:', '#1 a'],
      ...['#1 ...', '#3 RUN 3:', '#3 y', '#3 z', '#3 CANCELED', '#1 RUN 1:', '#1 ERROR: no'],
    ],
  );
});

test('on a terminal what has ended stands, in order, and what goes on is drawn again below it', () => {
  const text = written(undefined, { stderrIsTerminal: true, columns: 40 });
  assert.deepEqual(shown(text), [
    ` => load${' '.repeat(26)} 0.1s`,
    ` => CACHED [a 1/2] COPY x \\x1b[31m 0.4s`,
    ` => ERROR [b 1/2] RUN make${' '.repeat(8)} 0.4s`,
  ]);
  // Right before its end: the last lines that it has written, of one that was drawn over only the last.
  assert.match(text, / => \[b 1\/2\] RUN make +0\.3s\n => => # one\n => => # two\n => => # 99%\n/);
  for (const columns of [0, 1, 10, 40]) {
    const narrow = shown(written('tty', { stderrIsTerminal: true, columns }));
    if (columns >= 10) for (const line of narrow) assert.ok(line.length < Math.max(columns, 12), line);
  }
});

test('no more is drawn than a terminal has rows, so that all of it can be drawn again', () => {
  const many: readonly BuildEvent[] = Array.from({ length: 9 }, (_, at) => [
    { step: at, kind: 'start', title: `RUN ${at}` } as const,
    { step: at, kind: 'output', text: 'a\nb\nc\nd\n' } as const,
  ]).flat();
  const ends: readonly BuildEvent[] = Array.from({ length: 9 }, (_, at) => ({ step: 8 - at, kind: 'done' }));
  for (const rows of [3, 6, 12, 40]) {
    const text = written('tty', { stderrIsTerminal: true, columns: 40, rows }, [...many, ...ends]);
    for (const frame of text.split('\x1b[J').filter(part => part.includes('[+]')))
      assert.ok((frame.split('[+]')[1] ?? '').split('\n').length <= rows, `${rows}: ${frame}`);
    const end = shown(text).map(line => line.replace(/ +[\d.]+s$/, ''));
    assert.deepEqual(
      end,
      Array.from({ length: 9 }, (_, at) => ` => RUN ${at}`),
    );
  }
});

test('a view is refused where there is no terminal', () => {
  assert.throws(() => written('tty'), /expected a terminal/);
});

test('the form for programs has a vertex or a log a line, as BuildKit has them', () => {
  const lines = written('rawjson')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  const named = lines.flatMap(({ vertexes = [] }) => vertexes);
  assert.deepEqual(
    named.filter(({ name }) => name !== undefined).map(({ name }) => name),
    ['load', '[a 1/2] COPY x \x1b[31m', '[b 1/2] RUN make'],
  );
  assert.equal(named.find(({ cached }) => cached)?.digest, named[2].digest);
  assert.equal(named.at(-1).error, 'exit code: 1');
  const logs = lines.flatMap(({ logs: some = [] }) => some);
  assert.equal(logs.map(({ data }) => Buffer.from(data, 'base64').toString()).join(''), 'one\ntwo\n10%\r99%\n');
});
