// npm run fuzz -- [TARGET…] [--runs N] [--seed N]: tries targets (all of them unless some are named) with inputs that coverage
// leads, each in a process of its own with little memory. An input that ends in anything but a result or an OciError is
// written to node_modules/.cache/fuzz/ (where runs.jsonl has a line a target and run) and makes the exit code 1; so does one that takes longer than a minute or all of the memory.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildFuzz } from './fuzz-build.mjs';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(checkout, 'node_modules/.cache/fuzz');
const program = join(cache, 'program.mjs');
/** Milliseconds without another input. */
const hangs = 60_000;
const mebibytes = 512;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});

/** Says at the end how many seconds of CPU a process took, on its fourth stream. */
const costSaid = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    writeSync(3, String((user + system) / 1e6));
  });`)}`;

function run(words, watch) {
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', `--max-old-space-size=${mebibytes}`, '--import', costSaid, program, ...words],
    { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
  );
  const [out, err, cost] = [[], [], []];
  child.stdout.on('data', chunk => out.push(chunk));
  child.stderr.on('data', chunk => err.push(chunk));
  child.stdio[3].on('data', chunk => cost.push(chunk));
  const timer = watch === undefined ? undefined : setInterval(() => watch() || child.kill('SIGKILL'), hangs);
  return new Promise(resolve => {
    child.on('close', (code, signal) => {
      clearInterval(timer);
      const [stdout, stderr, seconds] = [out, err, cost].map(chunks => `${Buffer.concat(chunks)}`);
      resolve({ code, signal, stdout, stderr, seconds: Number(seconds) });
    });
  });
}

function keep(name, input, error) {
  const id = createHash('sha256').update(input).digest('hex').slice(0, 16);
  const path = join(cache, `${name}-${id}`);
  writeFileSync(path, input);
  console.log(`  ${path} (${input.length} bytes)\n    ${error.split('\n').slice(0, 12).join('\n    ')}`);
}

/** The input that was being tried when its process ended. */
function lastInput(file) {
  const bytes = readFileSync(file);
  return bytes.subarray(4, 4 + (bytes.length < 4 ? 0 : bytes.readUInt32LE()));
}

async function tryTarget(name) {
  const file = join(cache, `${name}.current`);
  let seen = '';
  const isGoingOn = () => {
    const now = createHash('sha256').update(readFileSync(file)).digest('hex');
    const isNew = now !== seen;
    seen = now;
    return isNew;
  };
  const { code, signal, stdout, stderr, seconds } = await run([name, values.runs, values.seed, file], isGoingOn);
  if (code !== 0) {
    console.log(`${name}: ended by ${signal ?? `code ${code}`}`);
    keep(name, lastInput(file), stderr);
    return false;
  }
  const { runs, corpus, blocks, memory, findings } = JSON.parse(stdout);
  appendFileSync(
    join(cache, 'runs.jsonl'),
    `${JSON.stringify({ name, seed: values.seed, runs, blocks, seconds, findings: findings.length })}\n`,
  );
  const count = `${findings.length} finding${findings.length === 1 ? '' : 's'}`;
  const held = memory === null ? '' : `${memory >> 10} MiB, `;
  console.log(`${name}: ${runs} runs, ${blocks} blocks, ${corpus} inputs kept, ${held}${count}`);
  for (const { input, error } of findings) keep(name, Buffer.from(input, 'base64'), error);
  return findings.length === 0;
}

mkdirSync(cache, { recursive: true });
await buildFuzz(join(checkout, 'src/testing/fuzz/child.ts'), program);
const known = (await run(['--list'])).stdout.trim().split('\n');
const unknown = positionals.find(name => !known.includes(name));
if (unknown !== undefined || known.length < 2) {
  console.error(`fuzz: expected one of ${known.join(', ')}, got ${unknown ?? 'nothing'}`);
  process.exit(2);
}
for (const name of positionals.length === 0 ? known : positionals) if (!(await tryTarget(name))) process.exitCode = 1;
