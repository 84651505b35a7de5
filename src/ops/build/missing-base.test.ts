import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DockerfileError } from '../../dockerfile/dockerfile-error.ts';
import { digestOf } from '../../spec/digest.ts';
import { blobFile, layerTar, makeLayout, putImage, putName } from '../../testing/layout-files.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { build } from '../build.ts';

/** What a build of this Dockerfile is refused with, where the layout has an image `base` or is not there. */
async function refused(t: TestContext, text: string, { isThere = true } = {}): Promise<DockerfileError> {
  const directory = temporaryDirectory(t);
  const context = join(directory, 'context');
  mkdirSync(context);
  writeFileSync(join(context, 'Dockerfile'), text);
  const layout = join(directory, 'layout');
  if (isThere) {
    makeLayout(layout);
    putName(layout, 'base', putImage(layout, { layers: [] }));
  }
  const error: unknown = await build(context, [`${layout}:x`], { platforms: ['linux/amd64'] }).then(
    () => undefined,
    error => error,
  );
  assert.ok(error instanceof DockerfileError, String(error));
  assert.equal(error.code, 'not-found');
  assert.equal(existsSync(layout), isThere);
  return error;
}

test('an image that is missing is missing where the Dockerfile asks for it first, and the names that there are are told', async t => {
  const cases: readonly (readonly [what: string, text: string, at: readonly [number, number]])[] = [
    ['a base', '# a comment\nFROM  other\nRUN true\n', [2, 7]],
    [
      'a base of a stage that the target needs',
      'FROM base AS a\nFROM other AS b\nFROM a\nCOPY --from=b /x /\n',
      [2, 6],
    ],
    ['where files come from', 'FROM base\nWORKDIR /w\nCOPY --from=other /x /\n', [3, 1]],
    ['a mount', 'FROM base\nRUN --mount=type=bind,from=other,target=/o true\n', [2, 1]],
    ['a name in a variable', 'ARG NAME=other\nFROM $NAME\n', [2, 6]],
    ['the same twice', 'FROM other AS a\nFROM other\nCOPY --from=a /x /\n', [2, 6]],
  ];
  for (const [what, text, [line, column]] of cases) {
    const error = await refused(t, text);
    assert.match(error.message, /^.*Dockerfile:\d+:\d+: other: expected an image of that name in .*layout/, what);
    assert.deepEqual([error.place.line, error.place.column], [line, column], what);
    assert.match(error.hint ?? '', /^there are base; /, what);
    assert.ok(error.excerpt?.includes('>>>'), what);
  }
});

test('where there is no layout yet, no name is told, and none is made', async t => {
  const { hint } = await refused(t, 'FROM other\n', { isThere: false });
  assert.match(hint ?? '', /^no image here has a name; skopeo copy /);
});

test('a base with a layer that is not what it says fails the build beside whose steps it is brought, and nothing is made', async t => {
  const directory = temporaryDirectory(t);
  const [context, base, layout] = ['context', 'base', 'layout'].map(name => join(directory, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(context);
  makeLayout(base);
  const tar = layerTar([]);
  putName(base, 'base', putImage(base, { layers: [{ tar, compression: 'none' }] }));
  writeFileSync(blobFile(base, digestOf(tar)), Buffer.alloc(tar.length, 1));
  const options = { platforms: ['linux/amd64'], contexts: [`base=oci:${base}:base`] };
  for (const step of ['ENV A=b', 'COPY Dockerfile /x']) {
    writeFileSync(join(context, 'Dockerfile'), `FROM base\n${step}\n`);
    await assert.rejects(build(context, [`${layout}:x`], options), { code: 'invalid' }, step);
    assert.equal(existsSync(layout), false, step);
  }
});
