import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directory, textFile } from '../testing/scripts.ts';
import { hasEvenParts, isLinear } from '../testing/work.ts';
import { applyInParts, applyLayer } from './apply.ts';
import { copyInto } from './copy.ts';
import { diff } from './diff.ts';
import { emptyTree, type LayerEntry, type Path, type Tree } from './node.ts';
import { overlay } from './overlay.ts';
import { atOnce } from './parts.ts';
import { toLayer } from './to-layer.ts';
import { filesOf, resolvePath, walk } from './walk.ts';

const file = (path: Path, mode = 0o644): LayerEntry => ({ kind: 'node', path, node: textFile(path, mode) });
const fold = (...layers: readonly (readonly LayerEntry[])[]): Tree =>
  layers.reduce((tree, layer) => applyLayer(tree, layer), emptyTree());

/** Directories in a row, with one file at their end. */
const chain = (depth: number, leaf: string): Tree => fold([file(`${'d/'.repeat(depth)}${leaf}`)]);
/** Many directories of many files. */
const wide = (files: number, mode = 0o644): Tree =>
  fold(Array.from({ length: files }, (_, index) => file(`${index % (files >> 5)}/e/${index}`, mode)));

test('the work of comparing, writing and listing directories in a row grows with their number', () =>
  isLinear(depth => {
    const [before, after] = [chain(depth, 'a'), chain(depth, 'b')];
    const changes = diff(before, after);
    assert.equal(changes.length, depth + 2);
    assert.equal(toLayer(changes, after).length, depth + 2);
    assert.equal([...walk(after)].length, depth + 1);
    assert.equal([...filesOf(after)].length, 1);
    overlay(before, after, path => path.endsWith('b'));
  }, 1000));

test('the work of comparing and writing many files grows with their number', () =>
  isLinear(files => {
    const [before, after] = [wide(files), wide(files, 0o600)];
    const changes = diff(before, after);
    assert.equal(changes.length, toLayer(changes, after).length);
    assert.equal([...walk(after)].length, files + 2 * (files >> 5));
    assert.equal([...filesOf(after)].length, files);
  }, 2000));

test('the work of applying layers grows with the depth of a path and with the number of files', async () => {
  await isLinear(depth => {
    const deep = Array.from({ length: depth }, () => 'd').join('/');
    const gone: LayerEntry = { kind: 'whiteout', path: `${deep}/f` };
    const tree = fold([file(`${deep}/f`)], [file(`${deep}/g`), gone], [{ kind: 'opaque', path: '' }]);
    assert.equal(tree.children.size, 0);
  }, 1000);
  await isLinear(files => {
    const again = Array.from({ length: files }, (_, index) => file(`${index % 7}/${index}`));
    const hidden = again.map(({ path }): LayerEntry => ({ kind: 'whiteout', path }));
    fold(again, again, hidden, again);
  }, 2000);
});

test('the work of hardlinks grows with their number', () =>
  isLinear(links => {
    const entries = Array.from({ length: links }, (_, index): LayerEntry => {
      return { kind: 'hardlink', path: `d/${index}`, target: 'd/first' };
    });
    const linked = fold([file('d/first'), ...entries]);
    const changes = diff(fold([file('d/first')]), linked);
    assert.ok(toLayer(changes, linked).length > links);
  }, 1000));

test('the work of one layer replacing what a file was by a directory and back grows with the number of entries', () =>
  isLinear(rounds => {
    const entries = Array.from({ length: rounds }, (_, index): LayerEntry => {
      return { kind: 'node', path: 'a', node: index % 2 === 0 ? directory() : textFile(`${index}`) };
    });
    fold(entries);
  }, 1000));

test('the work of laying a tree over another and of following a path grows with their size', async () => {
  await isLinear(files => overlay(wide(files), wide(files, 0o600), path => path.endsWith('7')), 2000);
  await isLinear(depth => resolvePath(chain(depth, 'f'), `${'d/'.repeat(depth)}f`), 1000);
});

test('a layer that changes a large directory copies it in parts, wherever it lies', () => {
  const known = new Map<number, Tree>();
  const large = (size: number): Tree => {
    const tree = known.get(size) ?? fold(Array.from({ length: size }, (_, index) => file(`a/b/${index}`)));
    known.set(size, tree);
    return tree;
  };
  const layers: readonly (readonly LayerEntry[])[] = [
    [file('a/b/new')],
    [{ kind: 'whiteout', path: 'a/b/7' }],
    [file('a/b/c/new')],
    [{ kind: 'hardlink', path: 'a/b/link', target: 'a/b/7' }],
  ];
  for (const layer of layers) hasEvenParts(size => applyInParts(large(size), layer), 1 << 14);
  const [before, entry] = [large(1 << 14), file('a/b/new')];
  assert.equal(atOnce(applyInParts(before, [entry])).children.size, 1);
  assert.deepEqual(atOnce(applyInParts(before, [entry])), applyLayer(before, [entry]));
});

test('the work of copying directories in a row grows with their number, be they copied themselves or for what is in them', () =>
  isLinear(depth => {
    const selected = { node: chain(depth, 'a'), name: '', path: '' };
    const options = { to: '/to', now: 0n };
    const copied = atOnce(copyInto(emptyTree(), selected, options));
    assert.equal([...walk(copied)].length, depth + 2);
    const led = atOnce(copyInto(emptyTree(), selected, { ...options, isExcluded: path => !path.endsWith('a') }));
    assert.equal([...walk(led)].length, depth + 2);
  }, 500));
