import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { canRun, makeBusyboxBase } from '../../testing/busybox.ts';
import { collected } from '../../testing/drained.ts';
import { canMountOverlay } from '../../testing/room.ts';
import { isSame } from '../../testing/snapshot.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { catStream } from '../cat.ts';
import { unpack } from '../unpack.ts';
import type { BuildOptions } from './options.ts';

interface Ground {
  readonly directory: string;
  readonly context: string;
  /** Builds a Dockerfile over the base; the image's name. */
  readonly built: (lines: readonly string[], options?: BuildOptions) => Promise<string>;
}

async function prepare(t: TestContext): Promise<Ground | undefined> {
  if (!canRun(t)) return undefined;
  const directory = temporaryDirectory(t);
  await makeBusyboxBase(directory, 'layout', { instructions: ['CMD ["sh"]'], owner: '0:0' });
  const context = join(directory, 'context');
  makeContext(context);
  const image = `${join(directory, 'layout')}:made`;
  return {
    directory,
    context,
    async built(lines, options) {
      const dockerfile = ['FROM base', ...lines].join('\n');
      await build(context, image, { dockerfile, platforms: ['linux/amd64'], ...options });
      return image;
    },
  };
}

function makeContext(context: string): void {
  mkdirSync(join(context, 'tree/deep/er'), { recursive: true });
  const put = (name: string, bytes: Uint8Array, mode: number): void => {
    writeFileSync(join(context, 'tree', name), bytes);
    chmodSync(join(context, 'tree', name), mode);
  };
  put('empty', Buffer.alloc(0), 0o600);
  put('deep/small', Buffer.from('small\n'), 0o4755);
  put('deep/er/large', Buffer.alloc((3 << 20) + 7, 'large'), 0o444);
  put('sparse', Buffer.concat([Buffer.alloc(2 << 20), Buffer.from('end')]), 0o644);
  for (let at = 0; at < 40; at++) put(`deep/er/${at}`, Buffer.from(`${at}\n`.repeat(at)), 0o640);
  linkSync(join(context, 'tree/deep/small'), join(context, 'tree/again'));
  symlinkSync('deep/nothing', join(context, 'tree/link'));
  chmodSync(join(context, 'tree/deep'), 0o2750);
  for (const name of ['deep/er/large', 'deep/er', 'deep', '.']) utimesSync(join(context, 'tree', name), 1e9, 1e9 + 7);
}

/** A script that says what all below some directories is, how many names files have, and what is in them. */
const listing = (directories: string): string =>
  [
    `find ${directories} -exec stat -c '%n %f %u:%g %Y %F' {} + | sort`,
    `find ${directories} -type f -exec stat -c '%n %h' {} + | sort`,
    `find ${directories} -type f -exec md5sum {} + | sort -k 2`,
  ].join('; ');

/** Steps that copy, and what is looked at in what they leave. */
const kinds: Readonly<Record<string, { readonly lines: readonly string[]; readonly looked: string }>> = {
  'a tree': { lines: ['COPY tree /tree'], looked: 'tree' },
  'a tree with owner and mode': { lines: ['COPY --chown=7:8 --chmod=u=rwX,go=rX tree /tree'], looked: 'tree' },
  'a link': { lines: ['COPY --link tree/deep /home/app'], looked: 'home' },
  'several steps over one another, of which some leave nothing': {
    lines: [
      'WORKDIR /w',
      'COPY tree/deep/small /w/a/',
      'WORKDIR /w/a',
      'COPY tree/empty tree/again /w/a/',
      'WORKDIR ..',
    ],
    looked: 'w',
  },
  'a directory in the place of a file, and a file in the place of a directory': {
    lines: [
      'COPY --chmod=700 tree/deep/small /x',
      'COPY tree/deep/er /y/',
      'COPY --link tree/deep /x',
      'COPY --link tree/empty /y',
    ],
    looked: 'x y',
  },
  'what is copied of another stage that runs something': {
    lines: [
      'RUN mkdir -p /d/e && echo x > /d/e/f && ln /d/e/f /d/g',
      'FROM base',
      'COPY --from=0 /d /d',
      'COPY tree /d/',
    ],
    looked: 'd',
  },
  'what lies on a run': {
    lines: ['RUN mkdir -m 700 /d && touch /d/a /d/b', 'COPY tree /d/', 'RUN rm /d/empty', 'COPY tree/again /d/b'],
    looked: 'd',
  },
};

test('a RUN finds what was copied as the layers have it', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  for (const [kind, { lines, looked }] of Object.entries(kinds)) {
    const image = await ground.built([...lines, 'WORKDIR /', `RUN (${listing(looked)}) > /seen`], { noCache: true });
    const seen = (await collected((await catStream(image, '/seen')).bytes)).toString();
    const rootfs = join(ground.directory, 'unpacked');
    await unpack(image, rootfs);
    const env = { PATH: join(rootfs, 'bin') };
    const { stdout } = spawnSync('/bin/busybox', ['sh', '-c', listing(looked)], { cwd: rootfs, env, encoding: 'utf8' });
    assert.match(stdout, /[0-9a-f]{32} /);
    isSame(seen.split('\n'), stdout.split('\n'), kind);
    rmSync(rootfs, { recursive: true });
    assert.deepEqual(readdirSync(ground.directory).sort(), ['context', 'layout', 'rootfs'], kind);
  }
});

test('files of a context are read once for their layer and for the RUN above it: what becomes of them meanwhile is nothing to it', async t => {
  const ground = await prepare(t);
  if (ground === undefined || !canMountOverlay(t)) return;
  const titles = new Map<number, string>();
  const events: BuildOptions['events'] = {
    push(event) {
      if (event.kind === 'start') titles.set(event.step, event.title);
      if (event.kind === 'done' && titles.get(event.step)?.includes('COPY tree') === true)
        rmSync(join(ground.context, 'tree'), { recursive: true });
    },
  };
  await ground.built(['COPY tree /tree', 'WORKDIR /tree', 'RUN [ $(ls deep/er | wc -l) = 41 ] && cat again'], {
    events,
  });
  assert.equal(titles.size > 0, true);
});

/** Does something once so many bytes of a layer have been written. */
function after(most: number, act: () => void): NonNullable<BuildOptions['progress']> {
  let [all, left] = [0, most];
  return {
    label: undefined,
    get bytes() {
      return all;
    },
    set bytes(now) {
      const more = this.label === 'writing' ? now - all : 0;
      all = now;
      if (left > 0 && left <= more) act();
      left -= more;
    },
  };
}

test('where the layer under a RUN ends halfway, by a signal or by a file that changes, nothing is left of what was laid out', async t => {
  const ground = await prepare(t);
  if (ground === undefined) return;
  const large = join(ground.context, 'tree/zz');
  const stop = new AbortController();
  const ends: Readonly<Record<string, { readonly act: () => void; readonly expected: object }>> = {
    signal: { act: () => stop.abort(new Error('enough')), expected: { message: 'enough' } },
    change: { act: () => writeFileSync(large, 'less'), expected: { code: 'conflict' } },
  };
  for (const [name, { act, expected }] of Object.entries(ends)) {
    writeFileSync(large, Buffer.alloc(8 << 20, 'z'));
    const open = readdirSync('/proc/self/fd').length;
    const progress = after(2 << 20, act);
    const options = { progress, noCache: true, ...(name === 'signal' ? { signal: stop.signal } : {}) };
    await assert.rejects(ground.built(['COPY tree /tree', 'RUN true'], options), expected);
    assert.deepEqual(readdirSync(ground.directory).sort(), ['context', 'layout', 'rootfs'], name);
    assert.deepEqual(readdirSync(join(ground.directory, 'layout')).sort(), ['blobs', 'index.json', 'oci-layout'], name);
    assert.ok(readdirSync('/proc/self/fd').length <= open, name);
  }
});
