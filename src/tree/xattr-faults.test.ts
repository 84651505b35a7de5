import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xattrFault } from './xattr-faults.ts';

/** An access control list as Linux keeps it: tag and permissions of each entry. */
function list(...entries: readonly (readonly [tag: number, permissions: number])[]): Uint8Array {
  const bytes = Buffer.alloc(4 + entries.length * 8, 0xff);
  bytes.writeUInt32LE(2, 0);
  for (const [at, [tag, permissions]] of entries.entries()) {
    bytes.writeUInt16LE(tag, 4 + at * 8);
    bytes.writeUInt16LE(permissions, 6 + at * 8);
  }
  return bytes;
}

/** Capabilities of a revision, with as many numbers of 32 bits after it. */
const capability = (revision: number, numbers: number): Uint8Array =>
  Uint8Array.of(1, 0, 0, revision, ...new Array<number>(numbers * 4).fill(0));

const access = 'system.posix_acl_access';
const plain = list([1, 7], [4, 5], [0x20, 5]);

test('an extended attribute is sound where Linux sets it on some disk', () => {
  const sound: readonly (readonly [name: string, value: Uint8Array])[] = [
    ['user.a', new Uint8Array()],
    [`user.${'a'.repeat(250)}`, new Uint8Array()],
    ['security.capability', capability(2, 4)],
    ['security.capability', capability(3, 5)],
    [access, plain],
    [access, list([1, 7], [2, 5], [2, 5], [4, 5], [8, 5], [0x10, 5], [0x20, 5])],
    [access, list()],
    // Of another version: it is passed over as nothing that the system knows.
    [access, Buffer.from('junk')],
    ['foo', new Uint8Array()],
  ];
  for (const [name, value] of sound) assert.equal(xattrFault(name, value, false), undefined, name);
});

test('an extended attribute has a fault where Linux sets it on no disk', () => {
  const faulty: readonly (readonly [name: string, value: Uint8Array, fault: RegExp])[] = [
    ['', new Uint8Array(), /no name/],
    ['user.', new Uint8Array(), /no name/],
    [`user.${'a'.repeat(251)}`, new Uint8Array(), /256 bytes/],
    ['security.capability', new Uint8Array(), /20 or 24/],
    ['security.capability', capability(1, 2), /20 or 24/],
    ['security.capability', capability(2, 5), /20 or 24/],
    [access, list([4, 5], [1, 7], [0x20, 5]), /order/],
    [access, list([1, 7], [1, 7], [4, 5], [0x20, 5]), /order/],
    [access, list([1, 8], [4, 5], [0x20, 5]), /order/],
    [access, list([1, 7], [2, 5], [4, 5], [0x20, 5]), /without one/],
    [access, plain.subarray(0, 23), /cut/],
  ];
  for (const [name, value, fault] of faulty) assert.match(xattrFault(name, value, true) ?? '', fault, name);
});

test('a default access control list is one of a directory', () => {
  assert.equal(xattrFault('system.posix_acl_default', plain, true), undefined);
  assert.match(xattrFault('system.posix_acl_default', plain, false) ?? '', /directories alone/);
});
