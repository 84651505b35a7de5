import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';

/*
 * Readers of the lazy formats, written from what is published of them (stargz-snapshotter's docs/estargz.md, containers/storage's
 * pkg/chunked) and from nothing of ours: they hold a blob to its own table of contents.
 */

type Annotations = Readonly<Record<string, string>>;

interface Row {
  readonly name: string;
  readonly type: string;
  readonly size?: number;
  readonly offset?: number;
  readonly endOffset?: number;
  readonly digest?: string;
  readonly chunkOffset?: number;
  readonly chunkSize?: number;
  readonly chunkDigest?: string;
  readonly chunkType?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly linkName?: string;
}

interface Member {
  readonly name: string;
  readonly typeflag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly link: string;
  readonly body: Buffer;
}

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const text = (block: Buffer, at: number, length: number): string =>
  block
    .subarray(at, at + length)
    .toString('latin1')
    .split('\0', 1)[0] ?? '';
const octal = (block: Buffer, at: number, length: number): number =>
  Number.parseInt(text(block, at, length).trim() || '0', 8);

/** The members of a tar of ustar and PAX headers. */
function membersOf(tar: Buffer): readonly Member[] {
  const members: Member[] = [];
  let records = new Map<string, string>();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const block = tar.subarray(at, at + 512);
    const size = octal(block, 124, 12);
    const body = tar.subarray(at + 512, at + 512 + size);
    const typeflag = text(block, 156, 1) || '0';
    at += 512 + Math.ceil(size / 512) * 512;
    if (typeflag === 'x') {
      records = new Map(
        [...body.toString().matchAll(/\d+ ([^=]+)=([\s\S]*?)\n(?=\d+ |$)/g)].map(([, key = '', value = '']) => [
          key,
          value,
        ]),
      );
      continue;
    }
    const prefix = text(block, 345, 155);
    members.push({
      name: records.get('path') ?? `${prefix === '' ? '' : `${prefix}/`}${text(block, 0, 100)}`,
      typeflag,
      mode: octal(block, 100, 8),
      uid: Number(records.get('uid') ?? octal(block, 108, 8)),
      gid: Number(records.get('gid') ?? octal(block, 116, 8)),
      link: records.get('linkpath') ?? text(block, 157, 100),
      body,
    });
    records = new Map();
  }
  return members;
}

const words: Readonly<Record<string, string>> = {
  '0': 'reg',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'dir',
  '6': 'fifo',
};

/** The rows of files and what belongs to each: its further chunks. */
function grouped(entries: readonly Row[]): readonly (readonly Row[])[] {
  const groups: Row[][] = [];
  for (const entry of entries)
    if (entry.type === 'chunk') {
      assert.equal(entry.name, groups.at(-1)?.[0]?.name);
      groups.at(-1)?.push(entry);
    } else groups.push([entry]);
  return groups;
}

function holdsToTar(groups: readonly (readonly Row[])[], members: readonly Member[]): void {
  assert.deepEqual(
    groups.map(([row]) => row?.name),
    members.map(({ name }) => name),
  );
  for (const [at, [row]] of groups.entries()) {
    const member = members[at] as Member;
    const { mode = 0, uid = 0, gid = 0, size = 0, linkName = '', type } = row as Row;
    const found = {
      type: words[member.typeflag],
      mode: member.mode,
      uid: member.uid,
      gid: member.gid,
      link: member.link,
    };
    assert.deepEqual({ type, mode, uid, gid, link: linkName }, found, member.name);
    assert.equal(size, member.body.length, member.name);
    if (size > 0) assert.equal((row as Row).digest, sha256(member.body), member.name);
  }
}

/** Reads an eStargz blob by its footer, table and annotations, each file by its own members, and gives the tar that it holds. */
export function readEstargz(blob: Buffer, annotations: Annotations): Buffer {
  const footer = blob.subarray(-51).toString('latin1');
  const [, hex = ''] =
    /^\x1f\x8b\x08\x04\0{4}\0\xff\x1a\0SG\x16\0([0-9a-f]{16})STARGZ\x01\0\0\xff\xff\0{8}$/.exec(footer) ?? [];
  assert.notEqual(hex, '', 'a footer of 51 bytes');
  const tableAt = Number.parseInt(hex, 16);
  const [table] = membersOf(gunzipSync(blob.subarray(tableAt)));
  assert.equal(table?.name, 'stargz.index.json');
  assert.equal(annotations['containerd.io/snapshot/stargz/toc.digest'], sha256(table.body));
  const toc = JSON.parse(table.body.toString()) as { version: number; entries: Row[] };
  assert.equal(toc.version, 1);
  const tar = gunzipSync(blob);
  assert.equal(annotations['io.containers.estargz.uncompressed-size'], `${tar.length}`);
  const members = membersOf(tar);
  assert.equal(members.at(-1)?.name, 'stargz.index.json');
  assert.match(members[0]?.name ?? '', /^\.no\.prefetch\.landmark$/);
  const groups = grouped(toc.entries);
  holdsToTar(groups, members.slice(0, -1));
  for (const [at, rows] of groups.entries()) {
    const body = members[at]?.body as Buffer;
    if (body.length === 0) continue;
    for (const [index, { offset = -1, chunkOffset = 0, chunkDigest }] of rows.entries()) {
      const end = rows[index + 1]?.chunkOffset ?? body.length;
      // What is fetched begins with the chunk.
      const part = gunzipSync(blob.subarray(offset, tableAt)).subarray(0, end - chunkOffset);
      assert.equal(sha256(part), chunkDigest);
      assert.deepEqual(part, body.subarray(chunkOffset, end));
    }
  }
  return tar;
}

/** CRC-64/ISO by its definition, a bit at a time. */
function crc64(bytes: Uint8Array): string {
  let crc = 0xffffffffffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ 0xd800000000000000n : crc >> 1n;
  }
  return Buffer.from((crc ^ 0xffffffffffffffffn).toString(16).padStart(16, '0'), 'hex').toString('base64');
}

const key = (name: string): string => `io.github.containers.zstd-chunked.${name}`;

function tableAt(blob: Buffer, position: string): Buffer {
  const [offset = 0, stored = 0, decoded = 0] = position.split(':').map(Number);
  assert.equal(blob.readUInt32LE(offset - 8), 0x184d2a50);
  assert.equal(blob.readUInt32LE(offset - 4), stored);
  const table = Buffer.from(decompress(blob.subarray(offset, offset + stored)));
  assert.equal(table.length, decoded);
  return table;
}

/** A file put together of its chunks, each fetched and decoded alone. */
function fetched(blob: Buffer, rows: readonly Row[]): Buffer {
  const { endOffset = 0, size = 0 } = rows[0] as Row;
  const parts = rows.map(({ offset = -1, chunkSize = size, chunkOffset = 0, chunkDigest, chunkType }, at) => {
    const part = Buffer.from(decompress(blob.subarray(offset, rows[at + 1]?.offset ?? endOffset)));
    assert.equal(part.length, chunkSize);
    if (rows.length === 1) assert.deepEqual([chunkDigest, chunkOffset, chunkType], [undefined, 0, undefined]);
    else {
      assert.equal(sha256(part), chunkDigest);
      assert.equal(chunkType === 'zeros', part.length >= 1024 && part.every(byte => byte === 0));
    }
    return part;
  });
  return Buffer.concat(parts);
}

/** Reads a zstd:chunked blob as a partial pull does: its table, chunks one by one, and of those and tar-split the tar, which is what it decodes to. */
export function readChunked(blob: Buffer, annotations: Annotations): Buffer {
  const position = annotations[key('manifest-position')] ?? '';
  const splitPosition = annotations[key('tarsplit-position')] ?? '';
  const numbers = Array.from({ length: 7 }, (_, at) => Number(blob.readBigUInt64LE(blob.length - 64 + at * 8)));
  assert.equal(blob.subarray(-8).toString(), 'GNUlInUx');
  assert.equal(`${numbers.slice(0, 4).join(':')} ${numbers.slice(4).join(':')}`, `${position} ${splitPosition}`);
  const [at = 0, stored = 0] = numbers;
  assert.equal(annotations[key('manifest-checksum')], sha256(blob.subarray(at, at + stored)));
  const toc = JSON.parse(tableAt(blob, position).toString()) as { entries: Row[]; tarSplitDigest: string };
  const [splitAt = 0, splitStored = 0] = splitPosition.split(':').map(Number);
  assert.equal(toc.tarSplitDigest, sha256(blob.subarray(splitAt, splitAt + splitStored)));
  const groups = grouped(toc.entries);
  const files = new Map(groups.map(rows => [rows[0]?.name ?? '', rows]));
  assert.equal(files.size, groups.length, 'each name once');
  const parts: Buffer[] = [];
  for (const [position, line] of tableAt(blob, splitPosition).toString().trimEnd().split('\n').entries()) {
    const row = JSON.parse(line) as {
      type: number;
      name?: string;
      size?: number;
      payload: string | null;
      position: number;
    };
    assert.equal(row.position, position);
    if (row.type === 2) parts.push(Buffer.from(row.payload ?? '', 'base64'));
    else if ((row.size ?? 0) > 0) {
      const body = fetched(blob, files.get(row.name ?? '') ?? []);
      assert.equal(body.length, row.size);
      assert.equal(row.payload, crc64(body));
      parts.push(body);
    }
  }
  const tar = Buffer.concat(parts);
  // Skippable frames are passed over by every decoder; ours of the tests stops at none.
  assert.deepEqual(Buffer.from(decompress(blob.subarray(0, at - 8))), tar);
  holdsToTar(groups, membersOf(tar));
  return tar;
}
