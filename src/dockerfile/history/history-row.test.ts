import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ImageConfig } from '../../spec/objects.ts';
import { fixture } from '../../testing/fixtures.ts';
import { applyChanges } from '../change.ts';
import { parseDockerfile } from '../parse.ts';
import { rebuiltRow } from './history-row.ts';
import { rebuildDockerfile } from './rebuild.ts';

interface Case {
  readonly id: string;
  readonly config: ImageConfig;
  readonly steps: readonly { created_by?: string; comment?: string; line: string | null; note?: string }[];
}

function casesOf(path: string): readonly Case[] {
  const read = JSON.parse(readFileSync(path, 'utf8'));
  return Array.isArray(read) ? read : read.cases;
}

test('lines of history become the instructions that made them', t => {
  const path = fixture(t, 'insight/dockerfile/cases.json');
  if (path === undefined) return;
  for (const { id, config, steps } of casesOf(path))
    for (const [at, step] of steps.entries()) {
      const { line, note, ...said } = step;
      const row = { ...config?.history?.[at], ...said };
      const found = rebuiltRow(row, { shell: '/bin/sh -c', config: config?.config ?? {} });
      assert.equal(found.line, line, id);
      if (line === null) assert.equal(found.note, note, id);
    }
});

test('a Dockerfile of history is one that parses, and says the config', t => {
  const path = fixture(t, 'insight/dockerfile/cases.json');
  if (path === undefined) return;
  for (const { id, config } of casesOf(path)) {
    const text = rebuildDockerfile({ config, layers: [], subject: id });
    assert.doesNotThrow(() => parseDockerfile(text), `${id}\n${text}`);
  }
});

test('what other builders write is understood: buildah, kaniko, BuildKit with arguments, exec forms, several lines', () => {
  const lineOf = (by: string, config = {}): string | null =>
    rebuiltRow({ created_by: by }, { shell: '/bin/sh -c', config }).line;
  const cases: readonly (readonly [by: string, line: string | null])[] = [
    ['/bin/sh -c #(nop) LABEL a=b|unsetLabel=true|force-mtime=10', 'LABEL a=b'],
    ['/bin/sh -c echo a | tee |x', 'RUN echo a | tee |x'],
    ['RUN /bin/bash -o pipefail -c ls # buildkit', 'RUN ls'],
    ['RUN make all', 'RUN make all'],
    ['COPY --chown=1:1 a b # buildkit', 'COPY --chown=1:1 a b'],
    ['EXPOSE map[443/tcp:{} 80/tcp:{}]', 'EXPOSE 80/tcp 443/tcp'],
    ['VOLUME [/a /b]', 'VOLUME ["/a", "/b"]'],
    ['SHELL [/bin/bash -o pipefail -c]', 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]'],
    ['ENV PRICE=5$', 'ENV PRICE="5\\$"'],
    ['HEALTHCHECK &{["CMD" "a" "b c"] "0s" "0s" "0s" \'\\n\'}', 'HEALTHCHECK --retries=10 CMD ["a", "b c"]'],
    ['/bin/sh -c set -e\necho EOF\nEOF\n', "RUN <<'EOF_'\nset -e\necho EOF\nEOF\nEOF_"],
    ['umoci config', null],
    // Newer BuildKits print these otherwise.
    ['EXPOSE [443/tcp 80/tcp] # buildkit', 'EXPOSE 80/tcp 443/tcp'],
    [
      'HEALTHCHECK {Test:[CMD-SHELL curl -f x || exit 1] Interval:30s Timeout:3s StartPeriod:0s StartInterval:0s Retries:3}',
      'HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD curl -f x || exit 1',
    ],
    ['HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}', 'HEALTHCHECK NONE'],
    ['RUN /bin/ash -eo pipefail -c ls | wc # buildkit', 'RUN ls | wc'],
    ['/bin/bash --login -c ls', 'RUN ls'],
    ['/bin/sh -c #(nop) CMD [/bin/sh -c apache2 -D FOREGROUND]', 'CMD apache2 -D FOREGROUND'],
    // buildah does not record the word that ends a heredoc, but sums of what was mounted.
    ['/bin/sh -c <<EOF\necho a\necho b', 'RUN <<EOF\necho a\necho b\nEOF'],
    ['/bin/sh -c cat > /x <<-"EOT"\n\techo a', 'RUN cat > /x <<-"EOT"\n\techo a\nEOT'],
    // A shift, and what BuildKit does not take for a heredoc, begin none.
    ['/bin/sh -c echo $((1<<n))\necho b', "RUN <<'EOF'\necho $((1<<n))\necho b\nEOF"],
    ['/bin/sh -c cat>/x<<E\na\nb', "RUN <<'EOF'\ncat>/x<<E\na\nb\nEOF"],
    ['RUN /bin/sh -c cat > /x <<E\na\nE # buildkit', "RUN <<'EOF'\ncat > /x <<E\na\nE\nEOF"],
    [`/bin/sh -c make:sha256:${'a'.repeat(64)}`, 'RUN make'],
    [`/bin/sh -c pull x@sha256:${'a'.repeat(64)}`, `RUN pull x@sha256:${'a'.repeat(64)}`],
  ];
  for (const [by, line] of cases) assert.equal(lineOf(by), line, by);
  const named = 'HEALTHCHECK {Test:[CMD a b c] Interval:0s Timeout:0s StartPeriod:0s StartInterval:5s Retries:0}';
  const known = { Healthcheck: { Test: ['CMD', 'a', 'b c'] } };
  assert.equal(lineOf(named, known), 'HEALTHCHECK --start-interval=5s CMD ["a", "b c"]');
  assert.equal(lineOf(named), 'HEALTHCHECK --start-interval=5s CMD ["a", "b", "c"]');
});

test('build arguments are no part of a command, whatever shell it is given, and where it is given none', () => {
  const rowOf = (by: string) => rebuiltRow({ created_by: by }, { shell: '/bin/sh -c', config: {} });
  for (const start of ['', 'RUN ']) {
    const args = { note: 'build args: A=b C=d e' };
    assert.deepEqual(rowOf(`${start}|2 A=b C=d e /bin/sh -c ls`), { line: 'RUN ls', ...args });
    assert.deepEqual(rowOf(`${start}|2 A=b C=d e /bin/bash -o pipefail -c ls | x`), { line: 'RUN ls | x', ...args });
    assert.deepEqual(rowOf(`${start}|1 A=b cmd arg`), { line: 'RUN cmd arg', note: 'build args: A=b' });
    assert.deepEqual(rowOf(`${start}|0 /bin/sh -c ls`), { line: 'RUN ls' });
  }
});

test('what no line of history says is said at the end, and replaying all of it gives the config', () => {
  const config = {
    Env: ['PATH=/bin', 'A=b "c" $d'],
    Labels: { 'x.y': 'one\\two' },
    Cmd: ['sh', '-c', 'true'],
    User: 'me',
    WorkingDir: '/w',
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/v': {} },
    StopSignal: 'SIGINT',
    Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 5_000_000_000, StartInterval: 1_000_000_000 },
  };
  const history = [{ created_by: 'ENV PATH=/bin', empty_layer: true }, { created_by: 'jib' }, { created_by: 'RUN \0' }];
  const text = rebuildDockerfile({
    subject: 'img:app\nFROM evil',
    config: { config, history } as unknown as ImageConfig,
    layers: ['10 bytes', '20 bytes', '30 bytes'],
  });
  assert.match(text, /\nENV PATH=\/bin\n# layer 1 \(10 bytes\): made by: jib\nADD layer-1\.tar \/\n/);
  assert.match(text, /# layer 3 \(30 bytes\): no history\nADD layer-3\.tar \/\n# not in history\nENV A=/);
  const lines = text
    .split('\n')
    .filter(line => /^(?:ENV|LABEL|CMD|USER|WORKDIR|EXPOSE|VOLUME|STOPSIGNAL|HEALTHCHECK) /.test(line));
  assert.deepEqual({ ...applyChanges({}, lines) }, config);
  assert.equal(parseDockerfile(text).stages.length, 1);
});
