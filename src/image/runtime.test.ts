import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import type { DiffID } from '../spec/digest.ts';
import type { ContainerConfig, ImageConfig } from '../spec/objects.ts';
import { runtimeConfig } from './runtime.ts';
import { resolveUser } from './user.ts';

const passwd =
  'root:x:0:0:root:/root:/bin/sh\n# comment\nbroken:x:a:b\napp:x:1000:1001::/home/app:/bin/sh\r\n42:x:7:8::/odd:\n';
const group = 'root:x:0:\napp:x:1001:\nwheel:x:10:root,app\nextra:x:9:app\n';
const files = { passwd, group };

const imageConfig = (config: ContainerConfig, more: object = {}): ImageConfig => ({
  os: 'linux',
  architecture: 'amd64',
  config,
  rootfs: { type: 'layers', diff_ids: ['sha256:00' as DiffID] },
  ...more,
});

interface Runtime {
  readonly ociVersion: string;
  readonly process: {
    readonly args: string[];
    readonly env: string[];
    readonly cwd: string;
    readonly terminal: boolean;
    readonly user: object;
  };
  readonly annotations: Record<string, string>;
}
const runtime = (config: ContainerConfig, more: object = {}): Runtime =>
  runtimeConfig(imageConfig(config, more), files) as Runtime;

test('an empty image runs sh as root with the usual environment', () => {
  const { ociVersion, process, annotations } = runtime({});
  assert.equal(ociVersion, '1.0.2');
  assert.deepEqual(process.args, ['sh']);
  assert.equal(process.cwd, '/');
  assert.equal(process.terminal, false);
  assert.deepEqual(process.user, { uid: 0, gid: 0, additionalGids: [10] });
  assert.deepEqual(process.env, [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'TERM=xterm',
    'HOME=/root',
  ]);
  assert.deepEqual(annotations, {
    'org.opencontainers.image.os': 'linux',
    'org.opencontainers.image.architecture': 'amd64',
  });
});

test('the image decides command line, environment and directory', () => {
  const { process } = runtime({
    Entrypoint: ['a'],
    Cmd: ['b'],
    Env: ['PATH=/x', 'HOME=/y', 'TERM=z'],
    WorkingDir: '/w',
    User: 'app',
  });
  assert.deepEqual(process.args, ['a', 'b']);
  assert.deepEqual(process.env, ['PATH=/x', 'HOME=/y', 'TERM=z']);
  assert.equal(process.cwd, '/w');
  assert.throws(() => runtime({ WorkingDir: 'w' }), /WorkingDir: expected an absolute path, got 'w'$/);
});

test('fields of the image become annotations, and labels win', () => {
  const config = {
    StopSignal: 'SIGINT',
    ExposedPorts: { '9/udp': {}, '80/tcp': {} },
    Labels: { a: 'b', 'org.opencontainers.image.author': 'label' },
  };
  const more = { author: 'field', created: 'now', variant: 'v8', 'os.version': '1', 'os.features': ['x', 'y'] };
  assert.deepEqual(runtime(config, more).annotations, {
    'org.opencontainers.image.os': 'linux',
    'org.opencontainers.image.architecture': 'amd64',
    'org.opencontainers.image.variant': 'v8',
    'org.opencontainers.image.os.version': '1',
    'org.opencontainers.image.os.features': 'x,y',
    'org.opencontainers.image.author': 'label',
    'org.opencontainers.image.created': 'now',
    'org.opencontainers.image.stopSignal': 'SIGINT',
    'org.opencontainers.image.exposedPorts': '80/tcp,9/udp',
    a: 'b',
  });
});

test('every form of User is resolved as conversion.md says', () => {
  for (const [user, uid, gid, additionalGids] of [
    ['', 0, 0, [10]],
    ['app', 1000, 1001, [9, 10]],
    ['1000', 1000, 1001, []],
    ['5', 5, 0, []],
    ['app:wheel', 1000, 10, []],
    ['app:77', 1000, 77, []],
    ['3:4', 3, 4, []],
    ['3:wheel', 3, 10, []],
    ['42', 7, 8, []],
    [':wheel', 0, 10, []],
    ['2147483647', 2147483647, 0, []],
  ] as const) {
    const { home: _home, ...resolved } = resolveUser(user, files);
    assert.deepEqual(resolved, { uid, gid, additionalGids }, user);
  }
  assert.equal(resolveUser('app', files).home, '/home/app');
  assert.deepEqual(resolveUser('', { passwd: '', group: '' }), { uid: 0, gid: 0, additionalGids: [] });
});

test('names that the files lack and ids out of range are refused', () => {
  for (const user of ['nobody', 'broken', 'app:none', '2147483648', '-1', '1:2147483648', '0x1', '1:2:3', '\0']) {
    assert.throws(() => resolveUser(user, files), OciError, user);
  }
  assert.throws(
    () => resolveUser('nobody', files),
    /^OciError: User 'nobody': expected a uid or a user of \/etc\/passwd, got 'nobody'$/,
  );
});

test('any text in User, passwd and group is resolved or refused', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '0', '1', ':', ',', '\n', '-', '#') });
  fc.assert(
    fc.property(text, text, text, (user, left, right) => {
      try {
        const { uid, gid } = resolveUser(user, { passwd: left, group: right });
        assert.ok(uid >= 0 && gid >= 0);
      } catch (error) {
        assert.ok(error instanceof OciError);
      }
    }),
    { numRuns: 500 },
  );
});
