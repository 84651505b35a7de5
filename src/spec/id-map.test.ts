import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { containerIdOf, hostIdOf, type IdMap, idRangeText, parseIdRange, sameIds } from './id-map.ts';

test('a range is CONTAINER:HOST[:SIZE], of one ID where no size is said', () => {
  assert.deepEqual(parseIdRange('0:100000:65536'), { containerID: 0, hostID: 100_000, size: 65_536 });
  assert.deepEqual(parseIdRange('5:7'), { containerID: 5, hostID: 7, size: 1 });
  assert.deepEqual(parseIdRange('4294967294:0'), { containerID: 4_294_967_294, hostID: 0, size: 1 });
});

test('what is no range, or goes beyond what Linux has, is none', () => {
  const texts = ['', '0', '0:0:0', '0:0:', ':0:1', '-1:0:1', '0x1:0:1', '0:0:1:1', ' 0:0:1', '0:0:4294967296'];
  const beyond = ['4294967295:0', '0:4294967295', '4294967290:0:6', '0:4294967290:6', '99999999999:0:1'];
  for (const text of [...texts, ...beyond]) assert.equal(parseIdRange(text), undefined, text);
});

const arbitraryMap: fc.Arbitrary<IdMap> = fc.array(
  fc.record(
    { containerID: fc.nat(20), hostID: fc.nat(20), size: fc.integer({ min: 1, max: 6 }) },
    { noNullPrototype: true },
  ),
  { maxLength: 4 },
);

test('law: the text of a range is read as the range', () => {
  fc.assert(fc.property(arbitraryMap, map => assert.deepEqual(map.map(idRangeText).map(parseIdRange), map)));
});

test('law: an ID is what the first range that holds it makes of it, both ways', () => {
  fc.assert(
    fc.property(arbitraryMap, fc.nat(30), (map, id) => {
      const pairs = map.flatMap(({ containerID, hostID, size }) =>
        Array.from({ length: size }, (_, step) => [containerID + step, hostID + step] as const),
      );
      assert.equal(hostIdOf(map, id), pairs.find(([inside]) => inside === id)?.[1]);
      assert.equal(containerIdOf(map, id), pairs.find(([, outside]) => outside === id)?.[0]);
    }),
  );
});

test('where every ID is itself, so is the last one', () => {
  for (const id of [0, 1000, 4_294_967_294])
    assert.deepEqual([hostIdOf(sameIds, id), containerIdOf(sameIds, id)], [id, id]);
  assert.equal(hostIdOf(sameIds, 4_294_967_295), undefined);
});
