import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { blockCounts } from './blocks.ts';
import { fuzz } from './fuzz.ts';
import { fuzzTargets } from './targets.ts';

/** Tries one target for `bin/fuzz.mjs`: its name, how many runs, a seed, and a file that has the input that is being tried. Answers in one line of JSON. */
const [name, runs, seed, file] = process.argv.slice(2) as [string, string, string, string];
if (name === '--list') process.stdout.write(`${fuzzTargets.map(target => target.name).join('\n')}\n`);
else await tryTarget();

async function tryTarget(): Promise<void> {
  const target = fuzzTargets.find(found => found.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  const current = openSync(file, 'w');
  const length = Buffer.alloc(4);
  const trying = (input: Uint8Array): void => {
    length.writeUInt32LE(input.length);
    writeSync(current, length, 0, 4, 0);
    writeSync(current, input, 0, input.length, 4);
  };
  const { findings, ...rest } = await fuzz(target, {
    runs: Number(runs),
    seed: Number(seed),
    blocks: blockCounts(),
    trying,
  });
  const said = findings.map(({ input, error }) => ({
    input: Buffer.from(input).toString('base64'),
    error: error instanceof Error ? (error.stack ?? error.message) : `${error}`,
  }));
  process.stdout.write(`${JSON.stringify({ ...rest, memory: peakMemory(), findings: said })}\n`);
}

/** The most memory that was held at once, in KiB; null where the system does not say. */
function peakMemory(): number | null {
  const status = '/proc/self/status';
  const [, peak] = (existsSync(status) ? /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(status, 'utf8')) : null) ?? [];
  return peak === undefined ? null : Number(peak);
}
