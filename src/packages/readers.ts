import { apk } from './apk.ts';
import { composer } from './composer.ts';
import { dpkg, dpkgStatusD } from './dpkg.ts';
import { gem } from './gem.ts';
import { jar } from './jar.ts';
import { npm } from './npm.ts';
import type { PackageReader } from './package.ts';
import { program } from './program.ts';
import { python } from './python.ts';
import { rpm } from './rpm.ts';

/** Every kind of packages that is found. */
export const packageReaders: readonly PackageReader[] = [
  dpkg,
  dpkgStatusD,
  apk,
  rpm,
  npm,
  python,
  gem,
  composer,
  jar,
  program,
];

/** Well-known directories of databases: where one is a symbolic link, what it leads to is read as if it lay there. */
export const databaseDirectories: readonly string[] = [
  'var/lib/dpkg',
  'lib/apk/db',
  'var/lib/rpm',
  'usr/lib/sysimage/rpm',
];
