import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { fixtureCases } from '../testing/fixtures.ts';
import { digestOf, isDigest, parseDigest } from './digest.ts';
import { encodeDocument, parseJson } from './document.ts';
import { findByName } from './find-name.ts';
import { mediaTypes } from './media-type.ts';
import {
  checkName,
  displayName,
  hasLostName,
  nameAnnotations,
  nameOf,
  withName,
  withoutNamed,
  withUnnamed,
} from './name.ts';
import type { Descriptor, ImageIndex, Platform } from './objects.ts';
import { parseConfig, parseIndex, parseManifest } from './parse.ts';
import { formatExactPlatform, formatPlatform, matchesPlatform, parsePlatform } from './platform.ts';
import { canonicalName, familiarName, parseReference, tryReference } from './reference.ts';

const json = (value: unknown): Uint8Array => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

function refused(action: () => unknown, pattern: RegExp): void {
  assert.throws(action, (error: unknown) => error instanceof OciError && pattern.test(error.message));
}

function entry(text: string, annotations?: Record<string, string>): Descriptor {
  const digest = digestOf(Buffer.from(text));
  return { mediaType: mediaTypes.manifest, digest, size: 1, ...(annotations === undefined ? {} : { annotations }) };
}

const indexOf = (...manifests: Descriptor[]): ImageIndex => ({ schemaVersion: 2, manifests });
const refName = 'org.opencontainers.image.ref.name';
const containerdName = 'io.containerd.image.name';

test('digests have the published verdicts', t => {
  const cases = fixtureCases<{ input?: unknown; valid?: boolean }>(t, 'cases/digests.json') ?? [];
  /** sha384 fits the grammar but is not registered in image-spec: it is unsupported here. */
  const unregistered = /^sha384:/;
  for (const { input, valid } of cases) {
    if (typeof input !== 'string' || valid === undefined || unregistered.test(input)) continue;
    if (valid) assert.equal(parseDigest(input, 'digest'), input);
    else refused(() => parseDigest(input, 'digest'), /digest/);
  }
});

test('digests of other algorithms fit the grammar but are not computed', () => {
  assert.ok(isDigest('sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564'));
  refused(() => parseDigest(`md5:${'a'.repeat(32)}`, 'x'), /sha256, sha512 or blake3/);
  refused(() => parseDigest(`sha256:${'A'.repeat(64)}`, 'x'), /lower-case/);
  refused(() => parseDigest(undefined, 'x'), /digest/);
});

test('references are parsed and refused as distribution does', t => {
  const grammars = [
    'parse-normalized',
    'parse-normalized(repository only)',
    'normalize',
    'parse-any',
    'docker-ref(default tag, tag dropped when a digest is there)',
  ];
  interface Row {
    grammar: string;
    input: string;
    valid: boolean | null;
    expect?: unknown;
  }
  for (const { grammar, input, valid, expect } of fixtureCases<Row>(t, 'cases/references.json') ?? []) {
    if (typeof input !== 'string' || valid === null || !grammars.includes(grammar)) continue;
    const reference = tryReference(input);
    // 64 hexadecimal characters are an ID to `parse-any`, never a name here.
    if (grammar === 'parse-any' && /^(sha256:)?[0-9a-f]{64}$/.test(input)) continue;
    assert.equal(reference !== undefined, valid, `${grammar} ${input}`);
    if (reference === undefined || expect === null || typeof expect !== 'object') continue;
    const wanted = expect as { FamiliarName?: string; FullName?: string; Domain?: string };
    if (wanted.FullName !== undefined) assert.equal(`${reference.domain}/${reference.path}`, wanted.FullName, input);
    if (wanted.FamiliarName !== undefined) assert.equal(familiarName(reference), wanted.FamiliarName, input);
    if (wanted.Domain !== undefined) assert.equal(reference.domain, wanted.Domain, input);
  }
  refused(() => parseReference('a/Foo'), /must be lowercase/);
  assert.equal(canonicalName(parseReference('ubuntu')), 'docker.io/library/ubuntu:latest');
});

test('names fit image-spec or docker, and nothing else', t => {
  interface Row {
    grammar: string;
    input: string;
    valid: boolean;
  }
  for (const { grammar, input, valid } of fixtureCases<Row>(t, 'cases/references.json') ?? []) {
    if (grammar !== 'org.opencontainers.image.ref.name' || typeof input !== 'string') continue;
    // What has a digest may be found, and is given to nothing new.
    if (valid && !input.includes('@')) assert.equal(checkName(input), input);
    else refused(() => checkName(input), /name/);
  }
  for (const name of ['latest', 'a', 'A-b_c.d', 'a:b', 'a+b', '__proto__', 'a__b', 'v1..2', 'ghcr.io/o/app:v1'])
    checkName(name);
  for (const name of ['-x', 'a b', '\u001b[31m', 'a/../b', '/a', 'a\0b', '', 'sha256'])
    refused(() => checkName(name), /name|expected/);
});

test('a full reference is written as a tag and containerd’s name', () => {
  assert.deepEqual(nameAnnotations('v1'), { [refName]: 'v1' });
  assert.deepEqual(nameAnnotations('docker.io/library/figlet:1.0'), {
    [refName]: '1.0',
    [containerdName]: 'docker.io/library/figlet:1.0',
  });
});

test('names are found exactly first, then in canonical or familiar form', () => {
  const ubuntu = entry('ubuntu', nameAnnotations('docker.io/library/ubuntu:latest'));
  const plain = entry('plain', nameAnnotations('v1'));
  const index = indexOf(ubuntu, plain);
  assert.equal(findByName(index, 'ubuntu', 'img'), ubuntu);
  assert.equal(findByName(index, 'docker.io/library/ubuntu', 'img'), ubuntu);
  assert.equal(findByName(index, 'latest', 'img'), ubuntu);
  assert.equal(findByName(index, 'v1', 'img'), plain);
  refused(() => findByName(index, 'v2', 'img'), /img:v2: expected an image of that name/);
  refused(
    () => findByName(indexOf(entry('a', { [refName]: 'x' }), entry('b', { [refName]: 'x' })), 'x', 'img'),
    /more than one/,
  );
});

test('a name moves, and who had it stays reachable by digest', () => {
  const [old, fresh] = [entry('old', { [refName]: 'v1', kept: 'yes' }), entry('fresh')];
  const moved = withName(indexOf(old), 'v1', fresh);
  assert.deepEqual(
    moved.manifests.map(m => [m.digest, m.annotations]),
    [
      [old.digest, { kept: 'yes', 'ocikit.former-name': 'v1' }],
      [fresh.digest, { [refName]: 'v1' }],
    ],
  );
  const twice = withName(withName(indexOf(), 'a', fresh), 'b', fresh);
  assert.equal(twice.manifests.length, 2);
  assert.deepEqual(withName(twice, 'a', fresh).manifests.length, 2);
  const renamed = withName(
    indexOf(entry('x', nameAnnotations('docker.io/library/x:1'))),
    'plain',
    entry('x', nameAnnotations('docker.io/library/x:1')),
  );
  assert.deepEqual(
    renamed.manifests.map(m => m.annotations),
    [nameAnnotations('docker.io/library/x:1'), { [refName]: 'plain' }],
  );
  assert.deepEqual(
    withoutNamed(twice, [findByName(twice, 'a', 'x')]).manifests.map(m => m.annotations),
    [{ [refName]: 'b' }],
  );
  const left = withoutNamed(indexOf(old), [old]);
  assert.deepEqual(left.manifests, [moved.manifests[0]]);
  assert.deepEqual(left.manifests.map(hasLostName), [true]);
  const again = withName(left, 'v2', left.manifests[0] ?? old);
  assert.deepEqual(
    again.manifests.map(m => m.annotations),
    [{ kept: 'yes', [refName]: 'v2' }],
  );
  assert.deepEqual(withUnnamed(left, old).manifests.map(hasLostName), [false]);
});

test('columns show familiar repositories, and plain names as tags', () => {
  assert.deepEqual(displayName(entry('x', nameAnnotations('docker.io/library/figlet:1.0'))), {
    repository: 'figlet',
    tag: '1.0',
  });
  assert.deepEqual(displayName(entry('x', { [refName]: 'v1' })), { repository: null, tag: 'v1' });
  assert.deepEqual(displayName(entry('x')), { repository: null, tag: null });
});

test('an empty name is none', () => {
  const key = 'org.opencontainers.image.ref.name';
  assert.equal(nameOf(entry('a', { [key]: '' })), undefined);
  assert.equal(nameOf(entry('a', { [key]: 'v1', 'io.containerd.image.name': '' })), 'v1');
});

test('platforms are normalised and matched as containerd does', t => {
  interface Row {
    test: string;
    case: { platform?: string; matches?: { true?: string[]; false?: string[] } };
  }
  /** containerd lets 64-bit machines take 32-bit images where nothing better is there; --platform here means what it says. */
  const otherWord = (wanted: string, candidate: string): boolean =>
    parsePlatform(wanted).architecture !== parsePlatform(candidate).architecture;
  for (const row of fixtureCases<Row>(t, 'cases/platforms.json') ?? []) {
    const { platform, matches } = row.case;
    if (row.test !== 'containerd TestOnly' || platform === undefined || platform.includes('(')) continue;
    for (const candidate of matches?.false ?? []) {
      if (!candidate.includes('('))
        assert.ok(!matchesPlatform(parsePlatform(platform), parsePlatform(candidate)), `${platform} ${candidate}`);
    }
    for (const candidate of matches?.true ?? []) {
      if (candidate.includes('(') || otherWord(platform, candidate)) continue;
      assert.ok(matchesPlatform(parsePlatform(platform), parsePlatform(candidate)), `${platform} ${candidate}`);
    }
  }
  const normal: readonly [string, string][] = [
    ['linux/aarch64', 'linux/arm64'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/armhf', 'linux/arm/v7'],
    ['Linux/AMD64', 'linux/amd64'],
    ['arm64', 'linux/arm64'],
    ['x86_64', 'linux/amd64'],
    ['ARM/v6', 'linux/arm/v6'],
    ['s390x', 'linux/s390x'],
  ];
  for (const [text, expected] of normal) assert.equal(formatPlatform(parsePlatform(text)), expected);
  for (const text of [
    '',
    'linux',
    '/linux/arm',
    'linux/arm/',
    'linux/*',
    'a/b/c/d',
    'windows()/amd64',
    'windows(1/amd64',
    'arm64/',
  ])
    refused(() => parsePlatform(text), /platform/);
  const windows: Platform = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1' };
  assert.ok(!matchesPlatform(windows, { ...windows, 'os.version': '10.0.2' }));
  const wanted = parsePlatform('windows(10.0.1)/amd64');
  assert.deepEqual(wanted, windows);
  assert.equal(formatExactPlatform(windows), 'windows(10.0.1)/amd64');
  assert.equal(formatPlatform(windows), 'windows/amd64');
  for (const [version, matches] of [
    ['10.0.1', true],
    ['10.0.1.77', true],
    ['10.0.17', false],
    ['10.0', false],
  ] as const)
    assert.equal(matchesPlatform(wanted, { ...windows, 'os.version': version }), matches, version);
});

test('JSON is read strictly', () => {
  const bad: readonly [string | Uint8Array, RegExp][] = [
    ['{"a":1,"a":2}', /each name once.*'a'/],
    ['{"a":1,"\\u0061":2}', /each name once/],
    ['[1,2', /JSON/],
    ['// x\n{}', /JSON/],
    ['['.repeat(200) + ']'.repeat(200), /nested/],
    [Uint8Array.from([0xff, 0xfe, 0x7b, 0]), /UTF-8/],
    [Uint8Array.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]), /byte order mark/],
    ['', /JSON/],
  ];
  for (const [text, pattern] of bad)
    refused(() => parseJson(typeof text === 'string' ? json(text) : text, 'doc'), pattern);
  assert.deepEqual(
    parseJson(json('{"a":{"a":1},"b":["a","a"],"__proto__":1}'), 'doc'),
    JSON.parse('{"a":{"a":1},"b":["a","a"],"__proto__":1}'),
  );
});

test('documents keep what they do not know, and are written in the order of the specification', () => {
  const document = encodeDocument(
    { layers: [], zeta: 1, config: { size: 2, digest: 'sha256:x', mediaType: 'm' }, schemaVersion: 2 },
    mediaTypes.manifest,
  );
  assert.equal(
    Buffer.from(document.bytes).toString(),
    '{"schemaVersion":2,"config":{"mediaType":"m","digest":"sha256:x","size":2},"layers":[],"zeta":1}',
  );
  assert.equal(document.descriptor.digest, digestOf(document.bytes));
});

test('documents of one kind are not taken for another', () => {
  const config = entry('config');
  const manifest = { schemaVersion: 2, config: { ...config, mediaType: mediaTypes.config }, layers: [] };
  assert.equal(parseManifest(manifest as never, 'm'), manifest);
  refused(() => parseManifest({ ...manifest, manifests: [] } as never, 'm'), /manifests/);
  refused(() => parseManifest({ ...manifest, mediaType: mediaTypes.index } as never, 'm'), /mediaType/);
  refused(() => parseIndex(manifest as never, 'm'), /without 'layers'/);
  refused(() => parseManifest({ schemaVersion: 1 } as never, 'm'), /schema/);
  refused(
    () => parseConfig({ architecture: 'a', os: 'b', rootfs: { type: 'layers', diff_ids: {} } } as never, 'c'),
    /diff_ids/,
  );
  refused(() => parseManifest({ ...manifest, config: { ...config, size: -1 } } as never, 'm'), /\/config\/size/);
});

test('null where Go writes an empty list is an empty list', () => {
  const config = { ...entry('config'), mediaType: mediaTypes.config };
  assert.deepEqual(parseManifest({ schemaVersion: 2, config, layers: null } as never, 'm').layers, []);
  assert.deepEqual(parseIndex({ schemaVersion: 2, manifests: null } as never, 'i').manifests, []);
  const rootfs = { type: 'layers', diff_ids: null };
  assert.deepEqual(parseConfig({ architecture: 'a', os: 'b', rootfs } as never, 'c').rootfs.diff_ids, []);
});

test('published manifests are read, and those of the first schema refused by name', t => {
  for (const { file, text } of fixtureCases<{ file: string; text: string }>(t, 'cases/manifest-fixtures.json') ?? []) {
    let value: { schemaVersion?: number; manifests?: unknown; config?: unknown; fsLayers?: unknown; layers?: unknown };
    try {
      value = JSON.parse(text);
    } catch {
      continue;
    }
    if (value.schemaVersion === 1 || value.fsLayers !== undefined)
      refused(() => parseManifest(value as never, file), /schema|fsLayers/);
    else if (value.manifests !== undefined && value.layers === undefined && value.config === undefined) {
      try {
        parseIndex(value as never, file);
      } catch (error) {
        assert.ok(error instanceof OciError, file);
      }
    } else if (value.schemaVersion === 2 && value.layers !== undefined) {
      try {
        parseManifest(value as never, file);
      } catch (error) {
        assert.ok(error instanceof OciError, file);
      }
    }
  }
});

test('reading agrees with JSON.parse, and no white space hides a name given twice', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.deepEqual(parseJson(json(text), 'doc'), JSON.parse(text));
    }),
  );
  for (const count of [0, 15, 16, 1000]) {
    refused(
      () => parseJson(json(`{"a"${' '.repeat(count)}:1,"\\u0061"${'\n'.repeat(count)}:2}`), 'doc'),
      /each name once/,
    );
  }
});

test('a name that is written is found again, and no image is lost', () => {
  const names = fc.constantFrom(
    'v1',
    'latest',
    'docker.io/library/app:v1',
    'docker.io/library/app',
    'ghcr.io/o/app:v1',
    'a__b',
  );
  const entries = fc.array(fc.tuple(fc.nat(3), fc.option(names)), { maxLength: 5 });
  fc.assert(
    fc.property(entries, names, fc.nat(3), (listed, name, id) => {
      const index = indexOf(
        ...listed.map(([of, has]) => entry(`${of}`, has === null ? undefined : nameAnnotations(has))),
      );
      const next = withName(index, name, entry(`${id}`));
      assert.equal(findByName(next, name, 'img').digest, entry(`${id}`).digest);
      for (const { digest } of index.manifests) assert.ok(next.manifests.some(kept => kept.digest === digest));
      assert.deepEqual(withName(next, name, entry(`${id}`)), next);
    }),
  );
});
