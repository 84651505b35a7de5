import type { Progress, Work } from '../ops/options.ts';
import { escapeLine } from './escape.ts';
import type { Io } from './io.ts';
import { humanSize } from './units.ts';
import type { Words } from './words.ts';

const quietFor = 500;
const interval = 100;
/** A terminal that does not say how wide it is: `script`, some of CI, a serial line. */
const usualColumns = 80;

/** What `run` says when the terminal is its program's. */
const running = 'running';

/** What is watched. State: it, and what takes away at once what is drawn where the terminal becomes somebody else's. */
class WatchedProgress implements Progress {
  bytes = 0;
  total: number | undefined;
  newLayouts: readonly string[] | undefined;
  clear: () => void = () => undefined;
  #label: string | undefined;

  get label(): string | undefined {
    return this.#label;
  }

  set label(label: string | undefined) {
    this.#label = label;
    if (label === running) this.clear();
  }
}

/**
 * Runs work with the command's signal, and a counter that shows on a terminal once the work has taken half a second. A layout
 * that was not there before is announced.
 */
export async function withProgress<T>(words: Words, io: Io, run: (work: Work) => Promise<T>): Promise<T> {
  const progress = new WatchedProgress();
  const result = await shown(words, io, { progress, run });
  if (!words.flag('quiet'))
    for (const layout of progress.newLayouts ?? []) io.stderr(`ocikit: new layout ${escapeLine(layout)}\n`);
  return result;
}

async function shown<T>(
  words: Words,
  io: Io,
  { progress, run }: { readonly progress: WatchedProgress; readonly run: (work: Work) => Promise<T> },
): Promise<T> {
  const work: Work = { progress, signal: io.signal };
  const visible = io.stderrIsTerminal && !words.flag('quiet') && !words.flag('no-progress');
  if (!visible) return await run(work);
  const started = io.now().getTime();
  const columns = io.columns > 0 ? io.columns : usualColumns;
  let shown = false;
  progress.clear = () => {
    if (shown) io.stderr('\r\x1b[K');
    shown = false;
  };
  const timer = setInterval(() => {
    const elapsed = io.now().getTime() - started;
    if (elapsed < quietFor || progress.label === running) return;
    shown = true;
    io.stderr(`\r${progressLine(progress, elapsed).slice(0, columns - 1)}\x1b[K`);
  }, interval).unref();
  try {
    return await run(work);
  } finally {
    clearInterval(timer);
    progress.clear();
  }
}

const barely = 0.005;

/** Seconds as a clock has them: `1:05`, `2:03:07`. */
function clockText(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.trunc(seconds / 3600), Math.trunc(seconds / 60) % 60, seconds % 60];
  return hours === 0 ? `${minutes}:${two(rest)}` : `${hours}:${two(minutes)}:${two(rest)}`;
}

/**
 * What is done, of how much, and when that will be: `unpacking  1.23GB of 3.4GB  36%  412MB/s  0:05 left`. Without a total,
 * what there is to say: `comparing  1.23GB  412MB/s`. `elapsed` in milliseconds.
 */
export function progressLine({ bytes, total, label }: Progress, elapsed: number): string {
  const rate = elapsed === 0 ? 0 : (bytes * 1000) / elapsed;
  const speed = `${humanSize(Math.round(rate))}/s`;
  const before = label === undefined ? [] : [label];
  if (total === undefined || total === 0) return [...before, humanSize(bytes), speed].join('  ');
  const part = Math.min(1, bytes / total);
  const left = part < barely || rate === 0 ? [] : [`${clockText(Math.ceil(Math.max(0, total - bytes) / rate))} left`];
  const shown = `${humanSize(Math.min(bytes, total))} of ${humanSize(total)}`;
  return [...before, shown, `${Math.trunc(part * 100)}%`, speed, ...left].join('  ');
}
