import { usage } from '../errors.ts';
import type { BuildEvent, BuildEvents } from '../ops/build/log.ts';
import { digestOf } from '../spec/digest.ts';
import { BuildView } from './build-view.ts';
import { escapeLine, escapeText } from './escape.ts';
import type { Io } from './io.ts';
import { typed } from './option-words.ts';
import { PlainSteps } from './plain-steps.ts';
import type { Words } from './words.ts';

const seconds = (milliseconds: number, digits: number): string => (milliseconds / 1000).toFixed(digits);

/** What is told of a build, and what ends that. */
interface BuildProgress {
  readonly events?: BuildEvents;
  readonly close: () => void;
  /** Whether it draws on the terminal itself. */
  readonly isView: boolean;
}

const none: BuildProgress = { close: () => undefined, isView: false };

/** Tells what a build tells on standard error, in the form that is asked for; nobody is told where no progress is wanted. */
export function buildProgress(words: Words, io: Io): BuildProgress {
  const said = words.text('progress') ?? 'auto';
  if (words.flag('quiet') || words.flag('no-progress') || said === 'quiet' || said === 'none') return none;
  if (said === 'tty' && !io.stderrIsTerminal)
    throw usage('--progress', 'expected a terminal for tty, got none', 'auto is plain there');
  if (said === 'tty' || (said === 'auto' && io.stderrIsTerminal)) {
    const view = new BuildView(io);
    return { events: view, close: () => view.close(), isView: true };
  }
  const started = new Map<number, number>();
  const lines = new WholeLines();
  const steps = new PlainSteps(text => io.stderr(`${io.stderrIsTerminal ? '\r\x1b[K' : ''}${text}`));
  const push = (event: BuildEvent): void => {
    const now = io.now();
    if (event.kind === 'start') started.set(event.step, now.getTime());
    for (const one of lines.of(event)) {
      const times = { now, started: started.get(event.step) ?? now.getTime() };
      if (said === 'rawjson') io.stderr(jsonLine(one, times));
      else steps.take(one, plainText(one, times), now.getTime());
    }
  };
  return { ...none, events: { push } };
}

/** Makes lines of what programs write as it comes. State: the beginning of each step's next line. */
class WholeLines {
  readonly #rests = new Map<number, string>();

  of(event: BuildEvent): readonly BuildEvent[] {
    const { step } = event;
    const rest = this.#rests.get(step) ?? '';
    if (event.kind === 'output') {
      const text = `${rest}${event.text}`;
      const end = text.lastIndexOf('\n') + 1;
      this.#rests.set(step, text.slice(end));
      return end === 0 ? [] : [{ ...event, text: text.slice(0, end) }];
    }
    this.#rests.delete(step);
    return rest === '' ? [event] : [{ step, kind: 'output', text: `${rest}\n` }, event];
  }
}

interface Times {
  readonly now: Date;
  /** Milliseconds since 1970. */
  readonly started: number;
}

/** An event in BuildKit's plain form: `#5 [build 2/4] COPY . .`, `#5 0.213 text`, `#5 CACHED`. */
function plainText(event: BuildEvent, { now, started }: Times): string {
  const number = `#${event.step}`;
  const elapsed = now.getTime() - started;
  switch (event.kind) {
    case 'start':
      return `${number} ${escapeLine(event.title)}\n`;
    case 'output': {
      const lines = event.text.replace(/\n$/, '').split('\n');
      return lines.map(line => `${number} ${seconds(elapsed, 3)} ${escapeText(line)}\n`).join('');
    }
    case 'cached':
      return `${number} CACHED\n\n`;
    case 'canceled':
      return `${number} CANCELED\n\n`;
    case 'done':
      return `${number} DONE ${seconds(elapsed, 1)}s\n\n`;
    case 'error':
      // What a program said last has been told.
      return `${number} ERROR: ${escapeLine(typed(event.message.split(':\n', 1)[0] as string))}\n\n`;
  }
}

/** An event as a line of BuildKit's `rawjson`: a status with one vertex or one log, whose digest stands for the step's number. */
function jsonLine(event: BuildEvent, { now, started }: Times): string {
  const digest = digestOf(new TextEncoder().encode(`step ${event.step}`));
  const time = now.toISOString();
  if (event.kind === 'output') {
    const data = Buffer.from(event.text).toString('base64');
    return `${JSON.stringify({ logs: [{ vertex: digest, stream: 1, data, timestamp: time }] })}\n`;
  }
  const vertex =
    event.kind === 'start'
      ? { digest, name: event.title, started: time }
      : {
          digest,
          started: new Date(started).toISOString(),
          completed: time,
          ...(event.kind === 'cached' ? { cached: true } : {}),
          ...(event.kind === 'error' ? { error: typed(event.message) } : {}),
          ...(event.kind === 'canceled' ? { error: 'context canceled' } : {}),
        };
  return `${JSON.stringify({ vertexes: [vertex] })}\n`;
}
