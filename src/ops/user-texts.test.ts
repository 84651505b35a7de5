import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { type RawMember, rawTar } from '../testing/raw-tar.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { validate } from './validate.ts';

const passwd = 'root:x:0:0::/root:/bin/sh\napp:x:10:20::/:/bin/sh\n';
const group = 'root:x:0:\nstaff:x:30:app\n';

test("a user or a group that an image's own files have not is found, and what cannot be known is not", async t => {
  const directory = temporaryDirectory(t);
  const base: readonly RawMember[] = [
    ['etc/passwd', passwd],
    ['etc/group', group],
  ];
  const cases: readonly (readonly [User: string, layers: readonly (readonly RawMember[])[], isUnknown: boolean])[] = [
    ['app', [base], false],
    ['app:staff', [base], false],
    ['10:20', [base], false],
    ['', [base], false],
    ['other', [base], true],
    ['app:other', [base], true],
    // An upper layer's files are what counts.
    ['app', [base, [['etc/passwd', 'root:x:0:0::/root:/bin/sh\n']]], true],
    ['app', [base, [['etc/.wh.passwd']]], true],
    ['new', [base, [['etc/passwd', `${passwd}new:x:11:11::/:/bin/sh\n`]]], false],
    // A file of two names, and one behind a link, are not looked for.
    ['other', [[...base, ['other', 'x:x:1:1::/:\n'], ['etc/passwd', '=> other']]], false],
    [
      'app',
      [
        [
          ['files/passwd', passwd],
          ['files/group', group],
          ['etc', '-> files'],
        ],
      ],
      false,
    ],
    ['app', [[['etc/passwd', `${passwd}${'#'.repeat(1 << 16)}\n`]]], false],
  ];
  for (const [at, [User, layers, isUnknown]] of cases.entries()) {
    const layout = makeLayout(join(directory, `${at}`));
    const made = layers.map(members => ({ tar: rawTar(members) }));
    putName(layout, 'app', putImage(layout, { layers: made, config: { config: { User } } }));
    const { notes } = await validate(layout);
    const said = notes.filter(({ code }) => code === 'user-unknown');
    assert.equal(said.length, Number(isUnknown), `${at}: ${User}`);
    if (isUnknown) assert.match(said[0]?.message ?? '', /User '.*': expected .*(passwd|group)/);
  }
});

test('of another system nobody knows its users', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const config = { os: 'windows', config: { User: 'ContainerUser' } };
  putName(layout, 'app', putImage(layout, { layers: [{ tar: rawTar([['Files/', '']]) }], config }));
  assert.deepEqual(
    (await validate(layout)).notes.map(({ code }) => code).filter(code => code === 'user-unknown'),
    [],
  );
});
