#!/usr/bin/env sh
':' //; exec node --max-semi-space-size=1 -- "$0" "$@"
'use strict';
// The shell starts Node with this very file. Node looks for --env-file, which is an option of its own, among all words that no -- stands before: it would
// read the file that run is given, set what is in it, NODE_OPTIONS above all, and end where there is none.
// V8 lets young objects take 16 MiB and more, twice; ocikit's are kept, or garbage at once: with 1 MiB it takes 20 MiB less and no longer.

// Runs dist/ocikit.cjs with the code that V8 compiled in an earlier run. It lies in the user's cache directory, one file for
// each build, and takes half of a start away; where it cannot be kept, nothing but that time is lost.
const {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} = require('node:fs');
const { wrap } = require('node:module');
const { homedir } = require('node:os');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');
const { crc32 } = require('node:zlib');

// A signal while the program is being loaded waits for the program's own handlers: nothing turns the event loop before they are there.
// One that comes while Node itself starts ends the process, which has done nothing yet.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => undefined);

const dist = join(__dirname, '..', 'dist');
const filename = join(dist, 'ocikit.cjs');

function attempt(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}

/** Code is taken from nobody but this very user, who alone may write there: it is run. */
const isOwn = ({ uid, mode }) => uid === process.geteuid() && (mode & 0o22) === 0;

/** Whether nobody but this user and root can put another directory in the place of one, or of one above it. */
function isSafe(directory) {
  const { uid, mode } = lstatSync(directory);
  const isOthers = (mode & 0o22) !== 0 && (mode & 0o1000) === 0;
  if (isOthers || (uid !== process.geteuid() && uid !== 0)) return false;
  const above = dirname(directory);
  return above === directory || isSafe(above);
}

/** The user's directory for it; undefined where there is none, or it would be another's, as the home of who called sudo. */
function cacheFolder() {
  const given = process.env['XDG_CACHE_HOME'];
  const isGiven = given?.startsWith('/') === true;
  if (!isGiven && (!homedir().startsWith('/') || lstatSync(homedir()).uid !== process.geteuid())) return undefined;
  const caches = isGiven ? given : join(homedir(), '.cache');
  mkdirSync(caches, { recursive: true, mode: 0o700 });
  const place = realpathSync(caches);
  if (!isSafe(place)) return undefined;
  const folder = join(place, 'ocikit');
  attempt(() => mkdirSync(folder, { mode: 0o700 }));
  return isOwn(lstatSync(folder)) ? folder : undefined;
}

const sumOf = bytes => {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(bytes));
  return sum;
};

/** The code in a file, whose last bytes are its sum: V8 looks at none, and a damaged one would end the process. */
function codeIn(path) {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = fstatSync(file);
    if (!found.isFile() || !isOwn(found)) return undefined;
    const bytes = readFileSync(file);
    const code = bytes.subarray(0, -4);
    return sumOf(code).equals(bytes.subarray(-4)) ? code : undefined;
  } finally {
    closeSync(file);
  }
}

/** Puts the code of what was run in its place at once; other builds' code for this V8 goes. */
function keep(script, folder, name) {
  const beside = join(folder, `.${name}-${process.pid}`);
  const code = script.createCachedData();
  writeFileSync(beside, Buffer.concat([code, sumOf(code)]), { mode: 0o600 });
  renameSync(beside, join(folder, name));
  const [engine] = name.split('.code');
  for (const other of readdirSync(folder))
    if (other !== name && other.replace(/^\./, '').startsWith(`${engine}.code`)) unlinkSync(join(folder, other));
}

function run(source) {
  // V8 tells code of another version, of other flags or for another processor, but of a program only its length.
  const [, build] = /^\/\*(\w+)\*\//.exec(source);
  const flags = Buffer.from(process.execArgv.join(' ')).toString('base64url').slice(0, 99);
  const name = `v8-${process.versions.v8}-${process.arch}-${flags}.code-${build}`;
  const folder = attempt(cacheFolder);
  const path = folder === undefined ? undefined : join(folder, name);
  const cachedData = attempt(() => codeIn(path));
  const script = new Script(wrap(source), { filename, cachedData });
  const program = { exports: {} };
  script.runInThisContext().call(program.exports, program.exports, require, program, filename, dist);
  if (folder !== undefined && script.cachedDataRejected !== false)
    process.once('exit', () => attempt(() => keep(script, folder, name)));
  program.exports.run();
}

function refuse(sentence) {
  process.stderr.write(`ocikit: ${sentence}\n`);
  process.exitCode = 2;
}

const source = attempt(() => readFileSync(filename, 'latin1'));
if (source === undefined) refuse(`${filename}: expected the built program, got nothing (npm run build makes it)`);
// Packages ask for it as they are loaded, and paths that are not absolute lead from there.
else if (attempt(() => process.cwd()) === undefined)
  refuse('.: expected a directory to work in, got one that has been removed (cd to another)');
else run(source);
