import assert from 'node:assert/strict';
import { test } from 'node:test';
import { once } from '../stream/once.ts';
import { layerTar } from '../testing/layout-files.ts';
import { directory, textFile } from '../testing/scripts.ts';
import { readLayer } from './layer-reader.ts';

/** A path of so many bytes whose last name has `last` of them. */
const pathOf = (length: number, last: number): string => `${'d'.repeat(length - last - 1)}/${'f'.repeat(last)}`;

const headerOf = (path: string, node = textFile('')): Buffer =>
  Buffer.from(layerTar([{ kind: 'node', path, node }], () => new Uint8Array()));
const isPlain = (path: string): boolean => headerOf(path).toString('latin1', 156, 157) === '0';
const textAt = (block: Buffer, from: number, length: number): string =>
  block.toString('latin1', from, from + length).replace(/\0+$/, '');

test('a name has 100 bytes and a prefix 155, filled to the last; what is longer goes into a PAX header', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['f'.repeat(100), true],
    ['f'.repeat(101), false],
    [pathOf(155 + 1 + 100, 100), true],
    [pathOf(155 + 1 + 99, 99), true],
    [pathOf(156 + 1 + 99, 99), false],
    [pathOf(156 + 1 + 100, 100), false],
    [pathOf(155 + 1 + 101, 101), false],
  ];
  for (const [path, plain] of cases) assert.equal(isPlain(path), plain, `${path.length} bytes`);
});

test('prefix and name, put together, are the path', () => {
  for (const path of [pathOf(256, 100), pathOf(155 + 1 + 1, 1), pathOf(150, 60), `${'a/'.repeat(90)}f`]) {
    const block = headerOf(path);
    assert.equal(textAt(block, 156, 1), '0', path);
    assert.equal(`${textAt(block, 345, 155)}/${textAt(block, 0, 100)}`, path);
  }
});

test('the slash that ends the name of a directory is not where it is cut', () => {
  const path = pathOf(155 + 1 + 99, 99);
  const block = Buffer.from(layerTar([{ kind: 'node', path, node: directory() }]));
  assert.equal(textAt(block, 156, 1), '5');
  assert.equal(textAt(block, 0, 100), `${'f'.repeat(99)}/`);
  assert.equal(textAt(block, 345, 155), 'd'.repeat(155));
});

test('what stands behind the prefix is none of it', async () => {
  const path = pathOf(256, 100);
  const tar = headerOf(path);
  tar[500] = 0x78;
  let sum = 0x78;
  for (const [at, byte] of tar.subarray(0, 512).entries()) if (at !== 500) sum += at >= 148 && at < 156 ? 32 : byte;
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const paths: string[] = [];
  await readLayer(
    once(tar),
    { identity: 'layer', subject: 'layer' },
    { entry: entry => void paths.push(entry.path), data: () => undefined, end: () => undefined },
  );
  assert.deepEqual(paths, [path]);
});

test('the numbers of a device fill two fields of eight bytes, digits up to a NUL', () => {
  const { meta } = textFile('');
  const device = { kind: 'device', meta, type: 'char', major: 0o1234567, minor: 0o7654321 } as const;
  const block = Buffer.from(layerTar([{ kind: 'node', path: 'null', node: device }], () => new Uint8Array()));
  assert.equal(block.toString('latin1', 265, 346), `${'\0'.repeat(64)}1234567\x007654321\0\0`);
});
