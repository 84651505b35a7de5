import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { invalid } from '../../errors.ts';
import { blockCounts } from './blocks.ts';
import { countingModule, withCounters } from './counters.ts';
import { fuzz, tried } from './fuzz.ts';
import { diceOf, mutated } from './mutate.ts';
import type { FuzzTarget } from './target.ts';
import { fuzzTargets } from './targets.ts';

/** The inputs of one target that are tried here; `npm run fuzz` tries as many as one has time for, and looks where they lead. */
const [runs, drawn] = [60, 40];

/** Texts and bytes in the words of a target. */
function arbitraryInput({ words = [] }: FuzzTarget): fc.Arbitrary<Uint8Array> {
  const bytes = fc.uint8Array({ maxLength: 40 }).map(part => Buffer.from(part));
  const texts = fc.string({ unit: 'grapheme', maxLength: 12 }).map(text => Buffer.from(text));
  const ofWords = words.length === 0 ? bytes : fc.constantFrom(...words).map(word => Buffer.from(word));
  return fc.array(fc.oneof(ofWords, ofWords, texts, bytes), { maxLength: 24 }).map(parts => Buffer.concat(parts));
}

for (const target of fuzzTargets) {
  test(`whatever bytes are given as ${target.name}, they end in a result or an error of ocikit's`, async () => {
    const { findings } = await fuzz(target, { runs, seed: 7 });
    assert.deepEqual(findings, []);
    const holds = async (input: Uint8Array): Promise<void> => assert.equal(await tried(target, input), undefined);
    await fc.assert(fc.asyncProperty(arbitraryInput(target), holds), { numRuns: drawn });
  });
}

test('every target has a name of its own and something to start from', async () => {
  assert.equal(new Set(fuzzTargets.map(({ name }) => name)).size, fuzzTargets.length);
  for (const { name, seeds, words = [] } of fuzzTargets)
    assert.ok((await seeds()).length + words.length > 0, `${name} starts from nothing`);
});

test('the same seed makes the same mutants, and another others', () => {
  const mutantsOf = (seed: number): readonly string[] => {
    const materials = { dice: diceOf(seed), corpus: [Buffer.from('corpus 12')], words: ['word'] };
    return Array.from({ length: 50 }, () => mutated(Buffer.from('input 345'), materials).toString('base64'));
  };
  assert.deepEqual(mutantsOf(3), mutantsOf(3));
  assert.notDeepEqual(mutantsOf(3), mutantsOf(4));
});

const secret = 'FUZZ!';

/** Takes five letters one after the other; only who is told how far it came finds the last. */
const stairs = (reached: (step: number) => void): FuzzTarget => ({
  name: 'stairs',
  words: [...new Set(secret)].sort(),
  seeds: () => [Buffer.from('.....')],
  run(bytes) {
    for (let step = 0; step < secret.length; step++) {
      if (bytes[step] !== secret.charCodeAt(step)) throw invalid('stairs', secret, 'another');
      reached(step);
    }
    throw new TypeError('found');
  },
});

test('what an input entered leads to what lies behind it', async () => {
  let step = 0;
  const target = stairs(reached => {
    step = reached + 1;
  });
  const blocks = (): { blocks: readonly number[]; count: number } => {
    const entered = { blocks: [step], count: step };
    step = 0;
    return entered;
  };
  const led = await fuzz(target, { runs: 20_000, seed: 1, blocks });
  assert.equal(led.findings.length, 1);
  const blind = await fuzz(target, { runs: 20_000, seed: 1 });
  assert.deepEqual(blind.findings, []);
});

test('work that an input is not worth is a finding', async () => {
  const target: FuzzTarget = { name: 'long', seeds: () => [Buffer.from('a')], run: () => undefined };
  const { findings } = await fuzz(target, { runs: 1, seed: 1, blocks: () => ({ blocks: [1], count: 1e9 }) });
  assert.match(`${findings[0]?.error}`, /too much work: 1000000000 blocks for 1 bytes/);
});

test('counters stand where blocks begin, and change nothing', () => {
  const source = [
    'function f(a) {',
    '  const o = {',
    '    b: {',
    '      c: 1',
    '    }',
    '  };',
    '  if (a)',
    '    return o;',
    '  switch (a) {',
    '    case 0:',
    '      return [1].map((x) => {',
    '        return x;',
    '      });',
    '    default:',
    '      return 2;',
    '  }',
    '}',
  ].join('\n');
  const { text, next } = withCounters(source, 1);
  assert.equal(next, 6);
  assert.deepEqual(
    text.split('\n').flatMap((line, at) => (/__b\(\d+\)/.test(line) ? [at] : [])),
    [1, 7, 10, 11, 14],
  );
});

test('a program that counts says which blocks were entered since it was asked last, and how often', async () => {
  assert.equal(blockCounts(), undefined);
  const { __b: enter } = (await import(`data:text/javascript,${encodeURIComponent(countingModule)}`)) as {
    readonly __b: (id: number) => boolean;
  };
  const take = blockCounts();
  assert.ok(enter(7) && enter(7) && enter(9));
  const entered = take?.();
  assert.equal(entered?.count, 3);
  assert.equal(entered?.blocks.length, 3);
  assert.deepEqual(take?.(), { blocks: [], count: 0 });
  Reflect.deleteProperty(globalThis, 'enteredBlocks');
});
