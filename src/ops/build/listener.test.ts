import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';
import { validate } from '../validate.ts';
import type { BuildEvent, BuildEvents } from './log.ts';

const dockerfile = `FROM scratch AS one
COPY a /a
FROM scratch AS two
COPY a /b
FROM scratch
COPY --from=one / /one
COPY --from=two / /two
`;

/** A place with a context in it. */
function prepared(t: TestContext): string {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'context'));
  writeFileSync(join(place, 'context/a'), 'a');
  return place;
}

const built = (place: string, events: BuildEvents, signal?: AbortSignal): Promise<unknown> =>
  build(join(place, 'context'), `${join(place, 'img')}:app`, {
    dockerfile,
    platforms: ['linux/amd64'],
    noCache: true,
    events,
    signal,
  });

/** What is told of such a build. */
async function toldOf(t: TestContext): Promise<readonly BuildEvent[]> {
  const events: BuildEvent[] = [];
  await built(prepared(t), events);
  return events;
}

/** The names of a layout's images. */
const namesIn = (layout: string): readonly unknown[] =>
  (JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as Index).manifests.map(
    ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'],
  );

interface Index {
  readonly manifests: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
}

const ways = {
  throws: (error: Error): unknown => {
    throw error;
  },
  'answers a promise that rejects': (error: Error): unknown => Promise.reject(error),
  'answers a promise that rejects later': (error: Error): unknown =>
    new Promise((_, reject) => setImmediate(() => reject(error))),
};

for (const [what, fail] of Object.entries(ways))
  test(`a listener that ${what}, at whatever it is told, ends the build with its error, is told no more, and leaves nothing half-made`, async t => {
    const { length } = await toldOf(t);
    assert.ok(length > 12, `${length} events`);
    for (let at = 0; at < length; at++) {
      const place = prepared(t);
      const own = new Error(`at ${at}`);
      let told = 0;
      const push = (): unknown => (told++ === at ? fail(own) : undefined);
      await assert.rejects(built(place, { push }), (error: unknown) => error === own, `${at}`);
      if (what === 'throws') assert.equal(told, at + 1);
      const isNamed = existsSync(join(place, 'img/index.json')) && namesIn(join(place, 'img')).includes('app');
      // The last two are told when the image has its name.
      assert.equal(isNamed, at >= length - 2, `${at}`);
      if (existsSync(join(place, 'img'))) assert.deepEqual((await validate(join(place, 'img'))).findings, [], `${at}`);
      assert.deepEqual(
        readdirSync(place).filter(name => name !== 'context' && name !== 'img'),
        [],
      );
    }
  });

test('a listener that never answers is waited for until a signal ends that', async t => {
  const place = prepared(t);
  const stop = new AbortController();
  const push = ({ kind }: BuildEvent): unknown => {
    // The last thing that is told before the image gets its name.
    if (kind === 'output') setImmediate(() => stop.abort(new Error('enough')));
    return new Promise(() => undefined);
  };
  await assert.rejects(built(place, { push }, stop.signal), /^Error: enough$/);
  assert.deepEqual(readdirSync(place), ['context']);
});
