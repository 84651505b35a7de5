import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanFiles } from '../testing/package-files.ts';

/** What apk 3.0.6 itself wrote, in bytes, of two packages that it made and installed and of two virtual ones, one with a dot before its name. */
const written = `C:Q15oZ63ZbOE9Raai94NQ1QTEVKs3s=
P:.hidden
V:20261127.170612
A:noarch
S:0
I:0
T:virtual meta package
U:
L:
D:tool

C:Q1/MwBdQnqsz8xpsEtptlQbW+lgy8=
P:build-deps
V:2
A:noarch
S:0
I:0
T:virtual meta package
U:
L:
D:odd+names

C:Q1r4n6U5gAX8dulmF4Lrbn5zOLX98=
P:odd+names
V:0.012~0af
A:noarch
S:590
I:24
T:
U:
L:MIT BSD GPL2+
f:S
F:
R:top
Z:Q147mKTaMaEn1L3m5DAz9muidMqw4=
F:opt
F:opt/a b
R: lead\x20
Z:Q1nUorwTUh9F0+l5519dGfVMwAi6Y=
R:F:x
Z:Q1SPYfDsYpnYKCofVKN9bbsSCYJAg=
R:R:F
Z:Q1DPS/wWemZDresX8TFKMXZVeyncw=
R:k\xc3\xa4se
Z:Q1KPN1eNaCcSg876DxcBJ9LslUQIc=
R:latin\xe9
Z:Q19EehB7IBsZiFjJ2valaopX/O8/U=

C:Q19c5ywqEx5dmUE56tD3mHGqDoGUI=
P:tool
V:1.2_rc3-r4
A:x86_64
S:403
I:5
T:a tool
U:
L:(MIT or Apache-2.0) and BSD-3-Clause
o:tools
m:J\xc3\xb6rg <j@example.org>
f:S
F:bin
R:link
a:0:0:777
Z:Q1fJu+Xsmz+3dOj6D1QkfpPDTd+OU=
R:same
a:0:0:4755
Z:Q1WZRHGrsBESr8wYFZ9sx0tPURuZg=
R:tool
a:0:0:4755
Z:Q1WZRHGrsBESr8wYFZ9sx0tPURuZg=
F:empty
F:empty/dir

`;

const scan = (text: string): ReturnType<typeof scanFiles> =>
  scanFiles({ 'lib/apk/db/installed': Buffer.from(text, 'latin1') });

test('a database that apk itself wrote says its packages, without the names that apk gives to several others', () => {
  const { packages, warnings } = scan(written);
  assert.deepEqual(warnings, []);
  const rows = packages.map(found => [
    `${found.name} ${found.version} ${found.architecture} ${found.source?.name ?? '-'} ${found.supplier ?? '-'}`,
    found.licence,
    found.licences,
    found.files,
  ]);
  assert.deepEqual(rows, [
    [
      'odd+names 0.012~0af noarch - -',
      undefined,
      ['MIT', 'BSD', 'GPL2+'],
      ['top', 'opt/a b/ lead ', 'opt/a b/F:x', 'opt/a b/R:F', 'opt/a b/k\xc3\xa4se', 'opt/a b/latin\xe9'],
    ],
    [
      'tool 1.2_rc3-r4 x86_64 tools Jörg <j@example.org>',
      '(MIT or Apache-2.0) and BSD-3-Clause',
      ['MIT', 'Apache-2.0', 'BSD-3-Clause'],
      ['bin/link', 'bin/same', 'bin/tool'],
    ],
  ]);
});

test('what has files is a package, whatever it is called and described as', () => {
  const block = (name: string): string => `P:${name}\nV:1\nT:virtual meta package\nF:etc\nR:${name}\n\n`;
  const names = scan(['.dot', 'plain'].map(block).join('')).packages.map(({ name }) => name);
  assert.deepEqual(names.sort(), ['.dot', 'plain']);
});
