import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffIDOf, encodedOf } from '../spec/digest.ts';
import type { Layer } from '../spec/objects.ts';
import { MemoryLayout } from '../testing/memory-layout.ts';
import { type RawMember, rawTar } from '../testing/raw-tar.ts';
import { goneFrom, planStrip } from './strip-plan.ts';

/** What has to go of these layers so that nothing of `asked` is left, in words. */
async function planOf(tars: readonly (readonly RawMember[])[], asked: readonly string[], keepLinks = false) {
  const source = new MemoryLayout();
  const layers = tars.map((members): Layer => {
    const descriptor = source.add(rawTar(members), 'application/vnd.oci.image.layer.v1.tar');
    return { descriptor, diffID: diffIDOf(encodedOf(descriptor.digest)) };
  });
  const plan = await planStrip(source, layers, { paths: new Set(asked), keepLinks });
  const top = plan.trees.at(-1);
  return {
    layers: [...plan.layers].sort(),
    links: [...plan.links].sort(),
    missing: plan.missing,
    gone: top === undefined ? [] : goneFrom(top, plan).map(({ path }) => path),
  };
}

const group: readonly RawMember[] = [
  ['a', 'secret'],
  ['b', '=> a'],
];

test('a layer that gives another name to a file that goes has something of it, and so has one that names that name', async () => {
  const plan = await planOf([group, [['x', 'x']], [['c', '=> b']]], ['a']);
  assert.deepEqual(plan, { layers: [0, 2], links: ['b', 'c'], missing: [], gone: ['a', 'b', 'c'] });
});

test('a layer that links to another name of a file that goes has it, though it replaces that link itself', async () => {
  const replacing: readonly RawMember[] = [
    ['c', '=> b'],
    ['c', 'own'],
  ];
  assert.deepEqual((await planOf([group, replacing], ['a'])).layers, [0, 1]);
  assert.deepEqual((await planOf([group, [['b', 'own']], replacing], ['a'])).layers, [0]);
  assert.deepEqual((await planOf([group, replacing], ['a'], true)).layers, [0]);
});

test('a layer that links another name of a file that goes to itself has it, however that is spelled', async () => {
  const inside: readonly RawMember[] = [['d/'], ['d/a', 'secret'], ['d/b', '=> d/a'], ['s', '-> d']];
  for (const name of ['d/b', 's/b'])
    assert.deepEqual((await planOf([inside, [[name, `=> ${name}`]]], ['d/a'])).layers, [0, 1], name);
});

test('a layer that takes another name away has something of it, and one that puts a file there has not', async () => {
  const other: RawMember = ['x', 'x'];
  assert.deepEqual((await planOf([group, [['.wh.b'], other]], ['a'])).layers, [0, 1]);
  const replaced = await planOf([group, [['b', 'another']]], ['a']);
  assert.deepEqual(replaced, { layers: [0], links: ['b'], missing: [], gone: ['a'] });
});

test('a layer that hides the directory of another name hides more than that, and keeps its bytes', async () => {
  const inside: readonly RawMember[] = [['a', 'secret'], ['d/'], ['d/b', '=> a'], ['d/kept', 'kept']];
  for (const hiding of ['.wh.d', 'd'] as const) {
    const members: readonly RawMember[] = hiding === 'd' ? [['d', 'a file now']] : [[hiding]];
    assert.deepEqual((await planOf([inside, members], ['a'])).layers, [0], hiding);
  }
  assert.deepEqual((await planOf([inside, [['d/.wh.b']]], ['a'])).layers, [0, 1]);
  assert.deepEqual((await planOf([inside, [['d/.wh..wh..opq']]], ['a'])).layers, [0, 1]);
});

test('a name that a file of its own had before and has after is none of the others', async () => {
  const plan = await planOf([[['b', 'own']], group, [['.wh.b']], [['b', 'own again']], [['.wh.b']]], ['a']);
  assert.deepEqual([plan.layers, plan.links, plan.gone], [[1, 2], ['b'], ['a']]);
});

test('links that are to stay are none, and what no layer has is missing', async () => {
  assert.deepEqual(await planOf([group, [['.wh.b']]], ['a', 'never'], true), {
    layers: [0],
    links: [],
    missing: ['never'],
    gone: ['a'],
  });
});

test('what a layer replaces itself is in it, and a name that it gave to that before as well', async () => {
  const twice = await planOf([[...group, ['a', 'public'], ['x', 'x']]], ['a']);
  assert.deepEqual(twice, { layers: [0], links: ['b'], missing: [], gone: ['a', 'b'] });
  const below = await planOf(
    [
      [
        ['d/s', 'secret'],
        ['d', 'a file now'],
      ],
      [['x', 'x']],
    ],
    ['d/s'],
  );
  assert.deepEqual(below, { layers: [0], links: [], missing: [], gone: [] });
  assert.deepEqual((await planOf([[['.wh.d']]], ['d'])).missing, ['d']);
});

test('a path that a loop of symbolic links has taken the place of is as it is spelled', async () => {
  const plan = await planOf([[['d/s', 'secret']], [['d', '-> d']]], ['d/s']);
  assert.deepEqual(plan, { layers: [0], links: [], missing: [], gone: [] });
});

test('where a symbolic link led that its own layer has replaced since, there it is', async () => {
  const layer: readonly RawMember[] = [['d/'], ['l', '-> d'], ['l/s', 'secret'], ['l/']];
  const plan = await planOf([[['x', 'x']], layer], ['l/s']);
  assert.deepEqual(plan, { layers: [1], links: [], missing: [], gone: ['d/s'] });
});
