import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OciError } from '../errors.ts';
import { imageOf, layerOf } from '../testing/images.ts';
import { layersCreatedBy, placesOfLayers } from './drop.ts';
import { parseLayerRange, positionsIn } from './layer-range.ts';
import { linesOf, withLines } from './lines.ts';
import { squashLines } from './squash.ts';

const [one, two, three] = [layerOf('one'), layerOf('two'), layerOf('three')];
const history = [
  { created_by: 'FROM one' },
  { created_by: 'ENV A=b', empty_layer: true },
  { created_by: 'RUN two', comment: 'kept' },
  { created_by: 'RUN apt-get clean' },
  { created_by: 'CMD sh', empty_layer: true },
];
const image = imageOf({ layers: [one, two, three], config: { history, other: { kept: [1] } } });
const words = (lines: ReturnType<typeof linesOf>): readonly string[] =>
  lines.map(({ row, layer }) => `${row.created_by ?? ''} ${row.empty_layer === true} ${layer?.diffID.slice(7, 11)}`);
const short = ({ diffID }: typeof one): string => diffID.slice(7, 11);

test('an image is its lines, and of its lines it is the same again', () => {
  const lines = linesOf(image);
  assert.deepEqual(
    lines.map(({ layer }) => layer?.diffID),
    [one.diffID, undefined, two.diffID, three.diffID, undefined],
  );
  const again = withLines(image, lines);
  assert.equal(again.config.descriptor.digest, image.config.descriptor.digest);
  assert.equal(again.manifest.descriptor.digest, image.manifest.descriptor.digest);
});

test('a history that is missing or short is made good, and one of more lines than layers is refused', () => {
  const without = imageOf({ layers: [one, two] });
  assert.deepEqual(
    linesOf(without).map(({ row }) => row),
    [{}, {}],
  );
  const rows = [{ created_by: 'a' }, { created_by: 'b', empty_layer: true }];
  const lines = linesOf(imageOf({ layers: [one, two], config: { history: rows } }));
  assert.deepEqual(words(lines), [`a false ${short(one)}`, 'b true undefined', ` false ${short(two)}`]);
  const many = imageOf({ layers: [one], config: { history: [{}, {}] } });
  assert.throws(() => linesOf(many), OciError);
});

test('squashed lines stay readable, and the new layer stands behind the last of them', () => {
  const layer = layerOf('new');
  const row = { created_by: 'squash layers 2..3' };
  const lines = squashLines(linesOf(image), { from: 1, to: 3, layer, row });
  assert.deepEqual(words(lines), [
    `FROM one false ${short(one)}`,
    'ENV A=b true undefined',
    'RUN two true undefined',
    'RUN apt-get clean true undefined',
    `squash layers 2..3 false ${short(layer)}`,
    'CMD sh true undefined',
  ]);
  const made = withLines(image, lines);
  assert.deepEqual(made.config.value.rootfs.diff_ids, [one.diffID, layer.diffID]);
  assert.equal((made.config.value as { other?: object }).other !== undefined, true);
});

test('layers that come to nothing leave a line without a layer', () => {
  const lines = squashLines(linesOf(image), { from: 0, to: 3, layer: undefined, row: {} });
  const { config, manifest } = withLines(image, lines);
  assert.deepEqual([config.value.rootfs.diff_ids, manifest.value.layers], [[], []]);
  assert.equal(
    config.value.history?.every(row => row.empty_layer === true),
    true,
  );
});

test('layers are dropped with their lines; lines without layers stay', () => {
  const lines = linesOf(image);
  assert.deepEqual(layersCreatedBy(lines, '*apt-get clean*'), [2]);
  assert.deepEqual(layersCreatedBy(lines, 'RUN *'), [1, 2]);
  assert.deepEqual(layersCreatedBy(lines, 'RUN t?o'), [1]);
  assert.deepEqual(layersCreatedBy(lines, 'ENV *'), []);
  assert.deepEqual(layersCreatedBy(lines, 'run.*'), []);
  const gone = placesOfLayers(lines, new Set([1, 2]));
  assert.deepEqual(words(lines.filter((_, at) => !gone.has(at))), [
    `FROM one false ${short(one)}`,
    'ENV A=b true undefined',
    'CMD sh true undefined',
  ]);
});

test('a range of layers is A..B, A.., ..B or one number', () => {
  assert.deepEqual(
    ['2..3', '2..', '..2', '3', '1..1'].map(text => {
      const range = parseLayerRange(text);
      return range === undefined ? undefined : positionsIn(range, 3);
    }),
    [
      { from: 1, to: 3 },
      { from: 1, to: 3 },
      { from: 0, to: 2 },
      { from: 2, to: 3 },
      { from: 0, to: 1 },
    ],
  );
  for (const text of ['', '..', '0..1', '3..2', 'a', '1-2', '-1', '1..2..3', ' 1', '1000000..'])
    assert.equal(parseLayerRange(text), undefined, text);
  for (const text of ['4', '2..4', '4..'])
    assert.throws(() => positionsIn(parseLayerRange(text) as { from: number }, 3), OciError, text);
});
