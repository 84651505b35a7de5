// Mutation testing: `npm run mutate -- [--sample N] [--out FILE] SOURCE…`. One build holds all mutants of the sources, an environment
// variable wakes one, and the tests that meet it run, nearest first, until one fails. As an ordinary user: a mutant may delete anything.
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire, SourceMap } from 'node:module';
import { setPriority, tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { transform } from 'esbuild';
import { buildTests } from './mutant-build.mjs';
import { mutate } from './mutants.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules/.cache/mutate');
const nobody = process.getuid() === 0 ? { uid: 61_234, gid: 61_234 } : {};
/** Milliseconds that a mutant may take longer than its tests did, and that its tests of other rooms may take together. */
const [patience, budget] = [20_000, Number(process.env.MUTANT_BUDGET ?? 20_000)];

/** Not part of the package, as no build and no test needs it. */
function parser() {
  if (!existsSync(join(cache, 'node_modules/acorn')))
    execFileSync('npm', ['install', '--silent', '--no-save', '--prefix', cache, 'acorn@8.19.0'], { stdio: 'inherit' });
  const { parse } = createRequire(join(cache, 'none.js'))('acorn');
  return code => parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
}

/** All mutants of some sources, and the sources that hold them, by path. */
async function allMutants(files) {
  const [parse, mutants, sources] = [parser(), [], {}];
  for (const file of files) {
    const options = { loader: 'ts', format: 'esm', target: 'esnext', sourcemap: 'external', sourcesContent: false };
    const { code, map } = await transform(readFileSync(file, 'utf8'), options);
    const places = new SourceMap(JSON.parse(map));
    const found = mutate(code, parse(code), mutants.length);
    sources[file] = found.code;
    for (const mutant of found.mutants) {
      const before = code.slice(0, mutant.at).split('\n');
      const line = places.findEntry(before.length - 1, before.at(-1).length).originalLine + 1;
      mutants.push({ ...mutant, file: relative(root, file), line });
    }
  }
  return { mutants, sources };
}

/** Runs one bundle of tests; false where a test fails or it takes too long. Nothing of it is left. */
function passes(bundle, { environment = {}, limit }) {
  const place = mkdtempSync(join(tmpdir(), 'mutant-'));
  chmodSync(place, 0o777);
  const child = spawn(
    process.execPath,
    ['--max-old-space-size=1500', `--test-reporter=${join(root, 'bin/bail-reporter.mjs')}`, bundle],
    {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'ignore', process.env.MUTANT_SHOW === undefined ? 'ignore' : 'inherit'],
      env: { ...process.env, ...environment, TMPDIR: place, HOME: place },
      ...nobody,
    },
  );
  return new Promise(done => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      process.kill(-child.pid, 'SIGKILL');
    }, limit);
    child.on('exit', code => {
      clearTimeout(timer);
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {}
      rmSync(place, { recursive: true, force: true });
      done(code === 0 && !isLate);
    });
  });
}

const trials = new Map();

/** What a test file's bundle does unchanged: whether it holds, how long it takes, and which mutants it meets. Tried when it is first needed. */
function trialOf(test) {
  if (!trials.has(test)) trials.set(test, trial(test));
  return trials.get(test);
}

async function trial(test) {
  const record = join(mkdtempSync(join(tmpdir(), 'mutant-hits-')), 'hits');
  chmodSync(dirname(record), 0o777);
  const start = performance.now();
  const holds = await passes(test.bundle, { environment: { MUTANT_HITS: record }, limit: 180_000 });
  const time = performance.now() - start;
  const text = holds && existsSync(record) ? readFileSync(record, 'utf8') : '';
  rmSync(dirname(record), { recursive: true, force: true });
  if (!holds) console.log(`left out, as it does not hold in a bundle: ${test.name}`);
  return { time, hits: new Set(text.split('\n').filter(Boolean).map(Number)) };
}

/** How far a test is from a mutant: its own file's, of its room, or of another. */
const distance = (mutant, test) =>
  test.name.startsWith(mutant.file.slice(0, -3)) ? 0 : dirname(test.name) === dirname(mutant.file) ? 1 : 2;

/** What the tests that may meet a mutant say, nearest and smallest first: all of its room, of others as long as the budget lasts. */
async function fate(mutant, tests) {
  const near = tests
    .filter(({ holds }) => holds.has(resolve(root, mutant.file)))
    .sort((a, b) => distance(mutant, a) - distance(mutant, b) || a.holds.size - b.holds.size);
  let [left, isMet] = [budget, false];
  for (const test of near) {
    const start = performance.now();
    if (distance(mutant, test) === 2 && left < 0) break;
    const { time, hits } = await trialOf(test);
    if (hits.has(mutant.id)) {
      isMet = true;
      const environment = { MUTANT: `${mutant.id}` };
      const limit = 4 * time + patience;
      if (!(await passes(test.bundle, { environment, limit }))) return `killed by ${test.name}`;
    }
    if (distance(mutant, test) === 2) left -= performance.now() - start;
  }
  return isMet ? 'survived' : 'not met';
}

function sampled(all, count) {
  if (count >= all.length) return all;
  return Array.from({ length: count }, (_, n) => all[Math.floor((n * all.length) / count)]);
}

const testNames = words =>
  readdirSync(join(root, 'src'), { recursive: true })
    .filter(name => name.endsWith('.test.ts') && words.some(word => name.includes(word)))
    .sort()
    .map(name => `src/${name}`);

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sample: { type: 'string' },
      out: { type: 'string' },
      tests: { type: 'string' },
      only: { type: 'string' },
    },
  });
  setPriority(Number(process.env.MUTANT_NICE ?? 10));
  // A shell's `*.ts` names tests as well: a mutant of a test says nothing.
  const product = positionals.filter(file => !/\.(test|interop)\.ts$/.test(file));
  const { mutants, sources } = await allMutants(product.map(file => resolve(file)));
  const outdir = join(cache, 'tests');
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  const file = join(outdir, 'sources.json');
  writeFileSync(file, JSON.stringify(sources));
  const names = testNames((values.tests ?? '').split(','));
  const tests = names.map(name => ({
    name,
    bundle: join(outdir, `${basename(dirname(name))}-${basename(name, '.ts')}.mjs`),
  }));
  const held = await buildTests(
    tests.map(({ name, bundle }) => ({ in: join(root, name), out: basename(bundle, '.mjs') })),
    outdir,
    file,
  );
  const known = tests
    .map(test => ({ ...test, holds: held.get(test.bundle) }))
    .filter(({ holds }) => Object.keys(sources).some(source => holds.has(source)));
  console.log(`${mutants.length} mutants, ${known.length} test files that hold their sources`);
  const wanted =
    values.only === undefined
      ? sampled(mutants, Number(values.sample ?? Infinity))
      : values.only.split(',').map(id => mutants[id]);
  const counts = { killed: 0, survived: 0, 'not met': 0 };
  for (const mutant of wanted) {
    const end = await fate(mutant, known);
    counts[end.split(' by ')[0]]++;
    const line = `${end}: ${mutant.file}:${mutant.line} [${mutant.id}] ${mutant.from.replace(/\s+/g, ' ').slice(0, 100)} → ${mutant.to.replace(/\s+/g, ' ').slice(0, 100) || '(nothing)'}`;
    if (!end.startsWith('killed')) console.log(line);
    if (values.out !== undefined) appendFileSync(values.out, `${line}\n`);
  }
  console.log(
    `killed ${counts.killed} of ${wanted.length}, survived ${counts.survived}, met by no test ${counts['not met']}`,
  );
}

await main();
