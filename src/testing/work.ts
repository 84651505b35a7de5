import assert from 'node:assert/strict';
import { Session } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';

interface Coverage {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
}

/*
 * V8 counts how often each block of a program is entered. It does so in functions that are compiled after it was told to: import
 * this where nothing of what is counted has run yet, at the top of a test file.
 */
const session = new Session();
session.connect();

/** Asks the profiler, which answers at once. */
function ask(method: string, options: object = {}): unknown {
  const answers: unknown[] = [];
  session.post(method, options, (error, answer) => {
    if (error !== null) throw error;
    answers.push(answer);
  });
  assert.equal(answers.length, 1, method);
  return answers[0];
}

// Optimised code enters functions that are part of others uncounted, and when it is made depends on the V8 and on the moment.
for (const flag of ['--no-opt', '--no-maglev']) setFlagsFromString(flag);
ask('Profiler.enable');
ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

const source = new URL('..', import.meta.url).href;
const isProduct = ({ url }: Coverage): boolean =>
  url.startsWith(source) && !url.startsWith(`${source}testing/`) && !/\.test\.ts$/.test(url);

function blocksSince(): number {
  const { result } = ask('Profiler.takePreciseCoverage') as { readonly result: readonly Coverage[] };
  const counts = result.filter(isProduct).flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges));
  return counts.reduce((sum, { count }) => sum + count, 0);
}

/**
 * How many blocks of ocikit's own code are entered by some work, in this thread: the same number on every machine, however
 * busy. What a built-in function does inside is not counted.
 */
export async function workOf(action: () => unknown): Promise<number> {
  blocksSince();
  await action();
  return blocksSince();
}

/** Holds that work grows no faster than `size`: four times the size is at most five times the work. */
export async function isLinear(work: (size: number) => unknown, size: number): Promise<void> {
  await work(size);
  const [once, fourfold] = [await workOf(() => work(size)), await workOf(() => work(4 * size))];
  assert.ok(once > 0, 'nothing is counted: what is measured has been compiled before');
  assert.ok(fourfold <= 5 * once, `${once} blocks for a size of ${size}, ${fourfold} for four times as much`);
}

/** The most work between two parts of what is done in parts. */
function mostOf(parts: Iterable<number>): number {
  let most = 0;
  blocksSince();
  for (const _ of parts) most = Math.max(most, blocksSince());
  return most;
}

/** Holds that no part of what is done in parts takes longer because there is more to do, and that there are more parts. */
export function hasEvenParts(work: (size: number) => Iterable<number>, size: number): void {
  for (const _ of work(size));
  const [some, more] = [[...work(size)].length, [...work(4 * size)].length];
  const [once, fourfold] = [mostOf(work(size)), mostOf(work(4 * size))];
  assert.ok(once > 0, 'nothing is counted: what is measured has been compiled before');
  assert.ok(more >= 2 * some, `${some} parts for a size of ${size}, ${more} for four times as much`);
  assert.ok(fourfold <= 3 * once, `${once} blocks in a part for a size of ${size}, ${fourfold} for four times as much`);
}
