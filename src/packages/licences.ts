import { spdxExpression } from '../spec/spdx-expression.ts';

/** Identifiers of the SPDX list that packages say most; what is not among them is a name. */
const listed = `0BSD AFL-2.1 AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.0 Apache-1.1 Apache-2.0 Artistic-1.0
Artistic-1.0-Perl Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-3-Clause BSD-4-Clause
BSD-4-Clause-UC BSL-1.0 bzip2-1.0.6 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CDDL-1.1 CPL-1.0 curl
ECL-2.0 EFL-2.0 EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 FSFAP FSFUL FSFULLR FTL GFDL-1.1-or-later GFDL-1.2-or-later GFDL-1.3-only
GFDL-1.3-or-later GPL-1.0-only GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later HPND ICU IJG
ISC JSON LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later Libpng libtiff
LPPL-1.3c MIT MIT-0 MIT-CMU MPL-1.0 MPL-1.1 MPL-2.0 MS-PL MulanPSL-2.0 NAIST-2003 NCSA NTP OFL-1.1 OLDAP-2.8 OpenSSL
OSL-3.0 PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 Python-2.0.1 Ruby Sleepycat SMLNJ TCL Unicode-3.0 Unicode-DFS-2016 Unlicense UPL-1.0 Vim
W3C WTFPL X11 Zlib zlib-acknowledgement ZPL-2.0 ZPL-2.1`.split(/\s+/);

const byLowerCase: ReadonlyMap<string, string> = new Map(listed.map(id => [id.toLowerCase(), id]));

const exceptions: ReadonlySet<string> = new Set([
  'Autoconf-exception-2.0',
  'Autoconf-exception-3.0',
  'Bison-exception-2.2',
  'Classpath-exception-2.0',
  'GCC-exception-2.0',
  'GCC-exception-3.1',
  'Libtool-exception',
  'LLVM-exception',
  'OpenSSL-exception',
]);

/** What Debian, Alpine and languages' registries call what the list has. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['apache-2', 'Apache-2.0'],
  ['apache2', 'Apache-2.0'],
  ['apache 2.0', 'Apache-2.0'],
  ['apache license 2.0', 'Apache-2.0'],
  ['apache software license', 'Apache-2.0'],
  ['bsd-2', 'BSD-2-Clause'],
  ['bsd-3', 'BSD-3-Clause'],
  ['bsd-4', 'BSD-4-Clause'],
  ['cc0', 'CC0-1.0'],
  ['expat', 'MIT'],
  ['mit license', 'MIT'],
  ['isc license (iscl)', 'ISC'],
  ['mpl-2', 'MPL-2.0'],
  ['mpl2.0', 'MPL-2.0'],
  ['psf', 'PSF-2.0'],
  ['the unlicense (unlicense)', 'Unlicense'],
  ['zlib/libpng', 'Zlib'],
]);

/** `GPL2+`, `LGPL-2.1+`, `GPLv3-or-later`: the FSF's own, in every spelling. */
function ofFsf(name: string): string | undefined {
  const [, kind = '', major, minor = '0', later] =
    /^(a|l)?gpl[- ]?v?([123])(?:\.(\d))?(?:\.0)?(\+|-or-later|-only)?$/.exec(name) ?? [];
  if (major === undefined) return undefined;
  const form = later === '+' || later === '-or-later' ? 'or-later' : 'only';
  return byLowerCase.get(`${kind}gpl-${major}.${minor}-${form}`);
}

/** The identifier of the SPDX list that a licence's name stands for; undefined where it is none that is known to be. */
export function spdxIdOf(name: string): string | undefined {
  const lower = name.trim().toLowerCase();
  return byLowerCase.get(lower) ?? otherNames.get(lower) ?? ofFsf(lower);
}

/** An expression of such names (SPDX 2.3, annex D) with the list's own identifiers; undefined where it is none, or holds others. */
export function spdxExpressionOf(text: string): string | undefined {
  const exception = (name: string): string | undefined => (exceptions.has(name) ? name : undefined);
  return spdxIdOf(text) ?? spdxExpression(text, { licence: spdxIdOf, exception });
}
