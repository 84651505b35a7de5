import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../testing/temporary.ts';
import { newName, parseImagePlace } from './image-place.ts';
import { parseLayout } from './parse-operand.ts';

const transports: readonly (readonly [text: string, line: string])[] = [
  ['docker://ubuntu:22.04', 'docker://ubuntu:22.04'],
  ['registry:example.com/app:1', 'docker://example.com/app:1'],
  ['registry://example.com/app:1', 'docker://example.com/app:1'],
  ['docker-daemon:foo:1', 'docker-daemon:foo:1'],
  ['containers-storage:localhost/foo', 'containers-storage:localhost/foo'],
  ['dir:foo', 'dir:foo'],
  ['atomic:host/ns/app:1', 'atomic:host/ns/app:1'],
  ['ostree:app@/repo', 'ostree:app@/repo'],
];

test('a transport that needs a network or a daemon is refused with the line of skopeo that does the work', () => {
  for (const [text, line] of transports) {
    const hintOf = (use: 'read' | 'write'): string => {
      try {
        parseImagePlace(text, use);
        return 'taken';
      } catch (error) {
        return (error as { hint: string }).hint;
      }
    };
    assert.equal(hintOf('read'), `\`skopeo copy ${line} oci:LAYOUT:NAME\` brings it into a layout`);
    assert.equal(hintOf('write'), `\`skopeo copy oci:LAYOUT:NAME ${line}\` brings an image of a layout there`);
  }
});

/** Destinations that are there neither, and what they are taken for. */
const destinations: readonly (readonly [text: string, taken: 'a layout' | RegExp])[] = [
  ['img', 'a layout'],
  ['img:v1', 'a layout'],
  ['ubuntu:22.04', 'a layout'],
  ['out/app:v1', 'a layout'],
  ['out:docker.io/library/app:v1', 'a layout'],
  ['v1.2/out:latest', 'a layout'],
  ['./registry.example.com/foo:1', 'a layout'],
  ['oci:registry.example.com/foo:1', 'a layout'],
  ['oci:x.tar:v1', 'a layout'],
  ['oci-archive:x.tar:v1', 'a layout'],
  ['registry.example.com/foo:1', /looks like a name in a registry/],
  ['docker.io/library/app:v1', /looks like a name in a registry/],
  ['localhost/app', /looks like a name in a registry/],
  ['localhost:5000/foo:1', /looks like a name in a registry/],
  ['host:5000/foo:1', /looks like a name in a registry/],
  ['10.0.0.1:5000/foo', /looks like a name in a registry/],
  ['out.tar', /the name of a file/],
  ['out.tar:v1', /the name of a file/],
  ['a/out.tar.gz', /the name of a file/],
  ['out.tgz', /the name of a file/],
];

test('a destination that is not there is a new layout, unless it looks like a registry or a file', () => {
  for (const [text, taken] of destinations) {
    if (taken === 'a layout') parseImagePlace(text, 'write');
    else assert.throws(() => parseImagePlace(text, 'write'), { code: 'usage', message: taken }, text);
    // What is only read may be called anything.
    parseImagePlace(text, 'read');
  }
  assert.throws(() => parseLayout('out.tar'), /the name of a file/);
});

test('what is there is what it is, whatever it looks like', t => {
  const place = temporaryDirectory(t);
  for (const name of ['out.tar', 'dir', 'registry']) mkdirSync(join(place, name));
  const before = process.cwd();
  process.chdir(place);
  try {
    assert.equal(parseImagePlace('out.tar:v1', 'write').path, 'out.tar');
    assert.deepEqual(parseImagePlace('dir:foo', 'read'), { path: 'dir', name: 'foo' });
    assert.equal(existsSync('registry'), true);
  } finally {
    process.chdir(before);
  }
});

test("a new name has no digest and does not begin with the layout's own path", () => {
  assert.equal(newName('img', 'other'), 'other');
  assert.equal(newName('img', 'a:b'), 'a:b');
  assert.equal(newName('img', 'docker.io/library/img:1'), 'docker.io/library/img:1');
  assert.throws(() => newName('./img', 'img:other'), { code: 'usage', hint: "'other' names it" });
  assert.throws(() => newName('/a/img', '/a/img:other'), { code: 'usage', hint: "'other' names it" });
  assert.throws(() => newName('img', 'other@sha256:aa'), /expected a name, got one with a digest/);
});
