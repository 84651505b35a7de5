#!/usr/bin/env node
'use strict';
// Runs dist/ocikit.cjs with the code that V8 compiled at build time. V8 takes it only where it is this very V8's.
const { readFileSync } = require('node:fs');
const { wrap } = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');

const dist = join(__dirname, '..', 'dist');
const filename = join(dist, 'ocikit.cjs');

function read(path, encoding) {
  try {
    return readFileSync(path, encoding);
  } catch {
    return undefined;
  }
}

const source = read(filename, 'latin1');
if (source === undefined) {
  process.stderr.write(`ocikit: ${filename}: expected the built program, got nothing (npm run build makes it)\n`);
  process.exitCode = 2;
} else {
  const script = new Script(wrap(source), {
    filename,
    cachedData: read(`${filename}.cache`),
  });
  const program = { exports: {} };
  script.runInThisContext().call(program.exports, program.exports, require, program, filename, dist);
  program.exports.run();
}
