import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { directory, symlink, textFile } from '../testing/scripts.ts';
import { arbitraryStack, stackOf } from '../testing/stacks.ts';
import type { LayerEntry, Node, Path, Tree } from './node.ts';
import { atOnce } from './parts.ts';
import { eachPlaced, type Stack, topOf } from './stack.ts';
import { placeIn, type Step, storyCandidates, storyOf } from './story.ts';
import { filesOf, find, walk } from './walk.ts';

const file = (path: string, text = ''): LayerEntry => ({ kind: 'node', path, node: textFile(text) });
const dir = (path: string, mode = 0o755): LayerEntry => ({ kind: 'node', path, node: directory(mode) });
const sym = (path: string, target: string): LayerEntry => ({ kind: 'node', path, node: symlink(target) });
const link = (path: string, target: string): LayerEntry => ({ kind: 'hardlink', path, target });
const gone = (path: string): LayerEntry => ({ kind: 'whiteout', path });
const opaque = (path: string): LayerEntry => ({ kind: 'opaque', path });

function told(stack: Stack, path: Path): readonly Step[] {
  const files = stack.flatMap(({ tree }) => [...filesOf(tree)]);
  const digests = new Map(files.map(([, node]) => [node, `${node.content.source} ${node.content.member}`] as const));
  return storyOf(stack, path, { digests });
}

const inShort = (stack: Stack, path: Path): readonly string[] =>
  told(stack, path).map(
    ({ layer, kind, path: place, by }) => `${layer} ${kind} ${place}${by === undefined ? '' : ` ${by}`}`,
  );

const isSame = (was: Node | undefined, is: Node): boolean =>
  was === is || (was?.kind === 'directory' && is.kind === 'directory' && was.meta === is.meta);

test('law: a stack is walked as what it comes to, and each path has the layer from which on it was so', () => {
  fc.assert(
    fc.property(arbitraryStack, stack => {
      const placed: (readonly [Path, Node, number])[] = [];
      atOnce(eachPlaced(stack, (...found) => void placed.push(found)));
      assert.deepEqual(
        placed.map(([path, node]) => [path, node]),
        [...walk(topOf(stack))],
      );
      for (const [path, node, layer] of placed) {
        let first = stack.length - 1;
        while (first > 0 && isSame(find((stack[first - 1] as { tree: Tree }).tree, path), node)) first--;
        assert.equal(layer, first, path);
      }
    }),
  );
});

test("law: a path's story ends with what the stack comes to, and each step begins where the one before it ended", () => {
  fc.assert(
    fc.property(arbitraryStack, stack => {
      const paths = new Set(stack.flatMap(({ tree }) => Array.from(walk(tree), ([path]) => path)));
      for (const path of paths) {
        const steps = told(stack, path);
        const now = find(topOf(stack), placeIn(topOf(stack), path));
        const last = steps.at(-1);
        assert.ok(now === last?.after || (now?.kind === 'directory' && last?.after?.kind === 'directory'), path);
        for (const [at, step] of steps.entries()) {
          const before = steps[at - 1];
          assert.equal(step.before === undefined, before?.after === undefined, path);
          assert.ok(before === undefined || before.layer < step.layer, path);
          assert.equal(step.kind === 'add', step.before === undefined, path);
          assert.equal(['delete', 'hide', 'opaque'].includes(step.kind), step.after === undefined, path);
        }
      }
    }),
  );
});

test('each kind of step is told from the others', () => {
  const stack = stackOf(
    [dir('d'), file('d/a', 'one'), file('d/b', 'b'), dir('e'), file('e/c', 'c'), sym('s', 'd')],
    [file('d/a', 'two'), gone('d/b'), { kind: 'node', path: 'e/c', node: textFile('c', 0o600) }],
    [file('d/a', 'two'), opaque('e'), sym('d/b', 'a')],
    [gone('d'), dir('e', 0o700)],
    [file('e', 'no directory')],
  );
  assert.deepEqual(inShort(stack, 'd/a'), ['0 add d/a', '1 modify d/a', '2 rewrite d/a', '3 hide d/a d']);
  assert.deepEqual(inShort(stack, 'd/b'), ['0 add d/b', '1 delete d/b', '2 add d/b', '3 hide d/b d']);
  assert.deepEqual(inShort(stack, 'e/c'), ['0 add e/c', '1 metadata e/c', '2 opaque e/c e']);
  assert.deepEqual(inShort(stack, 'e'), ['0 add e', '3 metadata e', '4 replace e']);
  assert.deepEqual(inShort(stack, 's/a'), ['0 add d/a', '1 modify d/a', '2 rewrite d/a', '3 hide d/a d']);
  assert.deepEqual(inShort(stack, 'nowhere'), []);
});

test('what lies below a directory that is replaced or leads elsewhere is hidden, and is named by what hid it', () => {
  const replaced = stackOf([dir('d'), file('d/a')], [sym('d', 'elsewhere')]);
  assert.deepEqual(inShort(replaced, 'd/a'), ['0 add d/a', '1 hide d/a d']);
  const moved = stackOf(
    [dir('bin'), file('bin/ls', 'old')],
    [dir('usr'), dir('usr/bin'), file('usr/bin/ls', 'new'), sym('bin', 'usr/bin')],
  );
  assert.deepEqual(inShort(moved, 'bin/ls'), ['0 add bin/ls', '1 modify usr/bin/ls']);
});

test('a hardlink that is broken or joined is a step of the name that changed', () => {
  const stack = stackOf([file('a', 'x'), link('b', 'a')], [file('b', 'x')], [link('b', 'a')]);
  assert.deepEqual(inShort(stack, 'a'), ['0 add a']);
  assert.deepEqual(
    told(stack, 'b').map(({ kind, reasons }) => `${kind} ${reasons.map(({ before, after }) => `${before}→${after}`)}`),
    ['add ', 'metadata 2→1', 'metadata 1→2'],
  );
});

test('only files of one size whose contents nobody knows have to be read', () => {
  const stack = stackOf([file('a', 'one')], [file('a', 'two')], [file('a', 'three')]);
  assert.equal(storyCandidates(stack, 'a').size, 2);
});
