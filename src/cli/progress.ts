import type { Work } from '../ops/options.ts';
import type { Io } from './io.ts';
import { humanSize } from './units.ts';
import type { Words } from './words.ts';

const quietFor = 500;
const interval = 100;

/** Runs work with the command's signal, and a counter that shows on a terminal once the work has taken half a second. */
export async function withProgress<T>(words: Words, io: Io, run: (work: Work) => Promise<T>): Promise<T> {
  const progress = { bytes: 0 };
  const work: Work = { progress, signal: io.signal };
  const visible = io.stderrIsTerminal && io.columns > 0 && !words.flag('quiet') && !words.flag('no-progress');
  if (!visible) return await run(work);
  const started = io.now().getTime();
  let shown = false;
  const timer = setInterval(() => {
    const elapsed = io.now().getTime() - started;
    if (elapsed < quietFor) return;
    shown = true;
    io.stderr(`\r${progressLine(progress.bytes, elapsed).slice(0, io.columns - 1)}\x1b[K`);
  }, interval).unref();
  try {
    return await run(work);
  } finally {
    clearInterval(timer);
    if (shown) io.stderr('\r\x1b[K');
  }
}

/** Bytes and rate: `1.23GB  412MB/s`. */
export function progressLine(bytes: number, elapsed: number): string {
  return `${humanSize(bytes)}  ${humanSize(elapsed === 0 ? 0 : Math.round((bytes * 1000) / elapsed))}/s`;
}
