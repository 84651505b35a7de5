import type { BuildEvent, BuildEvents } from '../ops/build/log.ts';
import { escapeLine } from './escape.ts';
import type { Io } from './io.ts';
import type { Words } from './words.ts';

const seconds = (milliseconds: number, digits: number): string => (milliseconds / 1000).toFixed(digits);

/** How an event reads in BuildKit's plain form: `#5 [build 2/4] COPY . .`, `#5 0.213 text`, `#5 CACHED`. `elapsed` in milliseconds. */
function textOf(event: BuildEvent, elapsed: number): string {
  const number = `#${event.step}`;
  switch (event.kind) {
    case 'start':
      return `${number} ${escapeLine(event.title)}\n`;
    case 'output': {
      const lines = event.text.replace(/\n$/, '').split('\n');
      return lines.map(line => `${number} ${seconds(elapsed, 3)} ${escapeLine(line)}\n`).join('');
    }
    case 'cached':
      return `${number} CACHED\n\n`;
    case 'done':
      return `${number} DONE ${seconds(elapsed, 1)}s\n\n`;
    case 'error':
      return `${number} ERROR: ${escapeLine(event.message)}\n\n`;
  }
}

/** Prints what a build tells, on standard error; nobody is told where no progress is wanted. */
export function buildProgress(words: Words, io: Io): { readonly events?: BuildEvents } {
  if (words.flag('quiet') || words.flag('no-progress') || words.text('progress') === 'quiet') return {};
  const started = new Map<number, number>();
  const line = io.stderrIsTerminal ? '\r\x1b[K' : '';
  const push = (event: BuildEvent): void => {
    const now = io.now().getTime();
    if (event.kind === 'start') started.set(event.step, now);
    io.stderr(`${line}${textOf(event, now - (started.get(event.step) ?? now))}`);
  };
  return { events: { push } };
}
