import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { OciError } from '../../errors.ts';
import type { ImageConfig } from '../../spec/objects.ts';
import { dockerfileTable, forAll } from '../../testing/dockerfile-corpus.ts';
import { loweredPlan } from '../../testing/lowered-plan.ts';
import { directivesOf } from '../directives.ts';
import { DockerfileError } from '../dockerfile-error.ts';
import { parseDockerfile } from '../parse.ts';
import { planDockerfile } from './evaluate.ts';
import type { Plan } from './plan.ts';

const base = {
  os: 'linux',
  architecture: 'amd64',
  config: { Env: ['PATH=/bin'], Cmd: ['/bin/sh'] },
  rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] },
} as unknown as ImageConfig;

const planned = (...lines: string[]): Plan =>
  planDockerfile(parseDockerfile(lines.join('\n')), {
    platform: { os: 'linux', architecture: 'amd64' },
    images: { has: () => true, get: () => base },
  });

interface InstructionRow {
  readonly input: string;
  readonly error?: string;
  readonly history?: readonly string[];
  readonly config?: Record<string, unknown>;
  readonly step?: Record<string, unknown>;
}

const before = ['FROM a AS stage', 'FROM a', 'ARG T=/tt M=644 S=SIGINT U=app'];
const lineOf = (message: string): string | undefined => /on line (\d+)/.exec(message)?.[1];

test('one instruction leaves the config, the history and the step that it leaves in BuildKit, or is refused', t => {
  forAll(t, dockerfileTable<InstructionRow>(t, 'instructions') ?? [], ({ input, error, history, config, step }) => {
    if (error !== undefined) {
      assert.throws(
        () => planned(...before, input),
        (thrown: unknown) =>
          thrown instanceof DockerfileError &&
          String(thrown.place.lines[0]) === (lineOf(error) ?? String(thrown.place.lines[0])),
      );
      return;
    }
    const plan = planned(...before, input);
    assert.deepEqual(
      plan.history.slice(1).map(({ createdBy }) => createdBy),
      history,
    );
    // The record has what differs from the base, and of the variables those that are new.
    const isOfBase = (value: unknown): boolean =>
      Object.values(base.config ?? {}).some(one => isDeepStrictEqual(one, value));
    const left = Object.fromEntries(Object.entries(plan.config).filter(([, value]) => !isOfBase(value)));
    if (left['Env'] !== undefined) left['Env'] = plan.config.Env?.slice(1);
    assert.deepEqual(left, config ?? {});
    if (step === undefined) return;
    const last = loweredPlan(plan, false).at(-2);
    const { inputs, env, ...seen } = last ?? {};
    assert.deepEqual(seen, step);
  });
});

test('mounts are what BuildKit makes of them, or are refused', t => {
  interface Row {
    readonly input: string;
    readonly mounts?: unknown;
    readonly secretEnv?: unknown;
    readonly error?: string;
  }
  forAll(t, dockerfileTable<Row>(t, 'mounts') ?? [], ({ input, mounts, secretEnv, error }) => {
    const work = (): Plan =>
      planned('FROM scratch AS stage', 'FROM a', 'ARG T=/tt Y=cache F=stage', 'WORKDIR /w', `RUN --mount=${input} x`);
    if (error !== undefined) {
      assert.throws(work, OciError, error);
      return;
    }
    const run = loweredPlan(work(), false).at(-2) as { mounts?: Record<string, unknown>[]; secretEnv?: unknown };
    const seen = (run.mounts ?? []).map(({ input: _, ...mount }) => mount);
    assert.deepEqual(seen, mounts);
    assert.deepEqual(run.secretEnv, secretEnv);
  });
});

test('EXPOSE opens the ports that BuildKit opens, or is refused', t => {
  interface Row {
    readonly input: string;
    readonly exposed?: readonly string[];
    readonly error?: string;
  }
  forAll(t, dockerfileTable<Row>(t, 'ports') ?? [], ({ input, exposed, error }) => {
    const work = (): Plan => planned('FROM a', 'ARG P=90', `EXPOSE ${input}`);
    if (error !== undefined) assert.throws(work, OciError, error);
    else assert.deepEqual(Object.keys(work().config.ExposedPorts ?? {}).sort(), exposed);
  });
});

test('a syntax directive is found where BuildKit finds it', t => {
  const rows = dockerfileTable<{ readonly text: string; readonly found: boolean; readonly syntax?: string }>(
    t,
    'directives',
  );
  forAll(t, rows ?? [], ({ text, syntax }) => {
    const found = directivesOf(text.split('\n'), () => message => new Error(message));
    assert.equal(found.syntax, syntax);
  });
});
