// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dollars are the Dockerfile's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../../errors.ts';
import type { ImageConfig } from '../../spec/objects.ts';
import { isLinear } from '../../testing/work.ts';
import { checkDockerfile } from '../check.ts';
import { parseDockerfile } from '../parse.ts';
import { planDockerfile } from './evaluate.ts';
import type { PlanOptions } from './evaluation.ts';
import { imagesNeeded } from './needs.ts';
import type { Plan } from './plan.ts';

const platform = { os: 'linux', architecture: 'amd64' };
const image = (config: ImageConfig['config']): ImageConfig =>
  ({
    ...platform,
    config,
    rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] },
  }) as unknown as ImageConfig;
const plain = image({ Env: ['PATH=/bin'], Cmd: ['sh'] });

function planned(lines: readonly string[], options: Partial<PlanOptions> = {}): Plan {
  const images = { has: () => true, get: () => plain };
  return planDockerfile(parseDockerfile(lines.join('\n')), { platform, images, ...options });
}
const given = (values: Record<string, string>): Partial<PlanOptions> => ({
  arguments: new Map(Object.entries(values)),
});
const said = ({ history }: Plan): readonly string[] => history.map(({ createdBy }) => createdBy);

test('only the stages that the target needs are planned, and the target may be named or numbered', () => {
  const lines = [
    'FROM a AS one',
    'RUN 1',
    'FROM a AS two',
    'RUN 2',
    'FROM one AS Three',
    'COPY --from=two /x /',
    'FROM a',
    'RUN 4',
  ];
  const runs = (options: Partial<PlanOptions>): readonly string[] =>
    planned(lines, options).steps.map(step => (step.kind === 'run' ? String(step.arguments.at(-1)) : step.kind));
  assert.deepEqual(runs({}), ['4']);
  assert.deepEqual(runs({ target: 'THREE' }), ['1', '2', 'copy']);
  assert.deepEqual(runs({ target: '0' }), ['1']);
  assert.throws(() => runs({ target: 'thre' }), /target stage "thre" could not be found \(did you mean three\?\)/);
});

test('the images that a plan needs are named, in full, and those that triggers bring as well', () => {
  const dockerfile = parseDockerfile('ARG V=3\nFROM a:$V\nCOPY --from=b /x /\nFROM never');
  const options = { platform, target: '0', images: new Map<string, ImageConfig>() };
  assert.deepEqual(imagesNeeded(dockerfile, options), ['docker.io/library/a:3', 'docker.io/library/b:latest']);
  const triggers = image({ OnBuild: ['COPY --from=c /y /', 'RUN made $X'] });
  const known = new Map([
    ['docker.io/library/a:3', triggers],
    ['docker.io/library/b:latest', plain],
  ]);
  assert.deepEqual(imagesNeeded(dockerfile, { ...options, images: known }), ['docker.io/library/c:latest']);
  const plan = planDockerfile(dockerfile, {
    ...options,
    images: new Map([...known, ['docker.io/library/c:latest', plain]]),
  });
  assert.deepEqual(
    plan.steps.map(({ title }) => title),
    [
      '[stage-0 2/4] ONBUILD COPY --from=c /y /',
      '[stage-0 3/4] ONBUILD RUN made $X',
      '[stage-0 4/4] COPY --from=b /x /',
    ],
  );
  assert.equal(plan.config.OnBuild, undefined);
});

test('a fault in a trigger stands at the FROM that brings it', () => {
  const images = { has: () => true, get: () => image({ OnBuild: ['NONSENSE x'] }) };
  assert.throws(
    () => planned(['# x', 'FROM a'], { images }),
    /^OciError: Dockerfile:2:1: unknown instruction: NONSENSE/,
  );
});

test('a given argument wins over a default, a stage declares what it wants of the global ones, and ENV wins later', () => {
  const lines = ['ARG G=1', 'ARG H=$G.x', 'FROM a', 'ARG G', 'ARG D=d$G', 'ENV E=$G$H$D', 'ENV D=$D!', 'LABEL d=$D'];
  assert.deepEqual(said(planned(lines)), ['ARG G=1', 'ARG D=d1', 'ENV E=1d1', 'ENV D=d1!', 'LABEL d=d1!']);
  assert.deepEqual(said(planned(lines, given({ G: '9', D: '$raw' }))), [
    'ARG G=9',
    'ARG D=$raw',
    'ENV E=9$raw',
    'ENV D=$raw!',
    'LABEL d=$raw!',
  ]);
});

test('history says of RUN which arguments were in force, and proxies stand in neither', () => {
  const plan = planned(['FROM a', 'ARG A=1', 'ARG B', 'RUN x'], given({ http_proxy: 'p' }));
  assert.equal(said(plan).at(-1), 'RUN |2 A=1 B= /bin/sh -c x # buildkit');
  assert.deepEqual(plan.proxies, ['http_proxy=p']);
});

test('the platforms are variables of FROM, and of a stage that declares them', () => {
  const lines = [
    'FROM --platform=$BUILDPLATFORM a',
    'ARG TARGETARCH',
    'ARG TARGETVARIANT',
    'ENV A=$TARGETARCH$TARGETVARIANT',
  ];
  const plan = planned(lines, {
    platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    buildPlatform: platform,
  });
  assert.equal(plan.config.Env?.at(-1), 'A=armv7');
  assert.deepEqual(plan.base?.platform, platform);
});

test('a named context takes the place of an image, of a stage, and of what files come from', () => {
  const contexts = new Set(['lib', 'one']);
  const images = { has: () => true, get: (name: string) => (contexts.has(name) ? undefined : plain) };
  const plan = planned(['FROM a AS one', 'RUN x', 'FROM one', 'COPY --from=lib / /l'], { contexts, images });
  assert.deepEqual(
    plan.steps.map(({ kind, parent }) => [kind, parent]),
    [['copy', { kind: 'context', name: 'one' }]],
  );
});

test('an instruction that cannot be is refused where it stands, in a stage that is needed only', () => {
  assert.throws(() => planned(['FROM a', 'USER x', 'VOLUME ""']), /^OciError: Dockerfile:3:1: VOLUME specified/);
  assert.throws(() => planned(['FROM a', 'STOPSIGNAL nine']), /Dockerfile:2:12: invalid signal: nine/);
  assert.throws(
    () => planned(['FROM a AS x', 'COPY --from=y / /', 'FROM a AS y', 'COPY --from=x / /']),
    /circular dependency detected on stage: x/,
  );
  assert.throws(
    () => planned(['FROM a', 'COPY --from=later / /', 'FROM a AS later'], { target: '0' }),
    /cannot copy from stage "later", it needs to be defined before/,
  );
  assert.equal(planned(['FROM a AS never', 'STOPSIGNAL nine', 'FROM a']).steps.length, 0);
});

test('variables cannot make more text than is bounded', () => {
  const doubling = ['FROM a', 'ENV A=aaaaaaaa', ...Array.from({ length: 40 }, () => 'ENV A=$A$A')];
  assert.throws(() => planned(doubling), /expected expansions of at most/);
  const wide = ['FROM a', ...Array.from({ length: 3000 }, (_, at) => `ENV A${at}=1\nRUN x`)];
  assert.throws(() => planned(wide), /expected expansions of at most/);
});

const pieces = fc.constantFrom(
  ...[
    'FROM a',
    'FROM scratch AS b',
    'FROM b',
    'RUN x',
    'COPY a b',
    'COPY --from=b / $X',
    'ADD --chown=$X:y a /',
    'WORKDIR $X',
    'WORKDIR b/../..',
  ],
  ...[
    'ENV X=$X/${Y:-z}',
    'ARG X',
    'ARG Y=${X',
    'LABEL a="$X"',
    'USER ${X:?no}',
    'EXPOSE $X 1-3',
    'VOLUME ["$X"]',
    'CMD x',
    'ENTRYPOINT []',
  ],
  ...[
    'ONBUILD RUN $X',
    'ONBUILD FROM',
    'SHELL ["a"]',
    'RUN --mount=type=cache,target=$X y',
    'RUN <<E\n$X\nE',
    'HEALTHCHECK NONE',
    'STOPSIGNAL $X',
  ],
  ...[
    'COPY --chmod=$X a b',
    'COPY --parents a/./b* /',
    'MAINTAINER x',
    'ADD https://x/y.git /',
    'COPY <<"E" /\n$X\nE',
    '# check=skip=all',
  ],
);

test('any Dockerfile at all comes to findings, never to another error, and its plan to steps that stand on earlier ones', () => {
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 14 }),
      fc.dictionary(fc.constantFrom('X', 'Y'), fc.string()),
      (lines, values) => {
        const text = lines.join('\n');
        for (const { at, line, endLine } of checkDockerfile(text, { platform, arguments: values }))
          assert.ok(at.line >= line && at.line <= endLine && at.column >= 1);
        try {
          for (const [place, { parent }] of planned(lines, given(values)).steps.entries())
            assert.ok(parent.kind !== 'step' || parent.step < place);
        } catch (error) {
          assert.ok(error instanceof OciError, String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});

for (const [name, text] of [
  ['labels', size => `FROM a\n${'LABEL a=b\n'.repeat(size)}`],
  ['different labels', size => `FROM a\n${Array.from({ length: size }, (_, at) => `LABEL a${at}=b\n`).join('')}`],
  [
    'stages on each other',
    size => `FROM a AS s0\n${Array.from({ length: size }, (_, at) => `FROM s${at} AS s${at + 1}\n`).join('')}`,
  ],
  [
    'stages that copy from each other',
    size =>
      `FROM a AS s0\n${Array.from({ length: size }, (_, at) => `FROM a AS s${at + 1}\nCOPY --from=s${at} / /\n`).join('')}`,
  ],
  [
    'variables that are not set',
    size => `FROM a\n${Array.from({ length: size }, (_, at) => `USER $u${at}\n`).join('')}`,
  ],
  ['arguments of FROM that are not set', size => Array.from({ length: size }, (_, at) => `FROM a$u${at}\n`).join('')],
  ['triggers', size => `FROM a AS b\n${'ONBUILD RUN x\n'.repeat(size)}FROM b\n`],
] as readonly (readonly [string, (size: number) => string])[])
  test(`work grows with the length of the Dockerfile: ${name}`, () =>
    isLinear(size => void checkDockerfile(text(size), { platform }), 200));
