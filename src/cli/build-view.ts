import type { BuildEvent } from '../ops/build/log.ts';
import { escapeLine } from './escape.ts';
import type { Io } from './io.ts';
import { displayWidth, ellipsis } from './width.ts';

/** So many lines of what a program wrote last are shown while it runs. */
const shownLines = 4;
const interval = 100;
const [usualColumns, usualRows] = [80, 24];

type Ending = Exclude<BuildEvent['kind'], 'start' | 'output'>;
const words: Readonly<Record<Ending, string>> = { done: '', cached: 'CACHED ', error: 'ERROR ', canceled: 'CANCELED ' };

interface Row {
  readonly title: string;
  readonly started: number;
  readonly last: string[];
  ended?: { readonly time: number; readonly kind: Ending };
}

/**
 * A build on a terminal, as BuildKit draws it: what has ended stands, and what goes on is drawn again below it, with the last lines of its output.
 * State: the steps that have begun, and how many lines are drawn that will be drawn again.
 */
export class BuildView {
  readonly #io: Io;
  readonly #rows = new Map<number, Row>();
  readonly #begun: number;
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;

  constructor(io: Io) {
    this.#io = io;
    this.#begun = io.now().getTime();
    this.#timer = setInterval(() => this.#draw(), interval).unref();
  }

  push(event: BuildEvent): void {
    const now = this.#io.now().getTime();
    if (event.kind === 'start') {
      this.#rows.set(event.step, { title: event.title, started: now, last: [''] });
      return;
    }
    const row = this.#rows.get(event.step);
    if (row === undefined) return;
    if (event.kind === 'output') this.#hear(row, event.text);
    else {
      row.ended = { time: now, kind: event.kind };
      this.#draw();
    }
  }

  /** Leaves what is drawn as it is. */
  close(): void {
    clearInterval(this.#timer);
    this.#draw();
  }

  #hear({ last }: Row, text: string): void {
    const lines = `${last.pop() ?? ''}${text}`.split('\n');
    // What a program draws over its own line counts from there on.
    for (const line of lines) last.push(line.split('\r').at(-1) ?? '');
    last.splice(0, Math.max(0, last.length - shownLines - 1));
  }

  /** What has ended first goes above what will be drawn again. */
  #draw(): void {
    const now = this.#io.now().getTime();
    const up = this.#drawn === 0 ? '' : `\x1b[${this.#drawn}A`;
    let text = `\r${up}\x1b[J`;
    for (const [step, row] of this.#rows) {
      if (row.ended === undefined) break;
      text += this.#line(row, now);
      this.#rows.delete(step);
    }
    const live = this.#live(now);
    const head = live.length === 0 ? [] : [`[+] Building ${seconds(now - this.#begun)}\n`];
    if (this.#drawn === 0 && live.length === 0 && text === '\r\x1b[J') return;
    this.#drawn = head.length + live.length;
    this.#io.stderr(`${text}${head.join('')}${live.join('')}`);
  }

  /** What goes on, as much of it as can be drawn again: what has left a terminal above stays as it is. */
  #live(now: number): readonly string[] {
    const rows = this.#io.rows > 0 ? this.#io.rows : usualRows;
    const [room, all] = [Math.max(1, rows - 2), [...this.#rows.values()]];
    for (let lines = shownLines; lines > 0; lines--) {
      const live = all.flatMap(row => [this.#line(row, now), ...this.#output(row, lines)]);
      if (live.length <= room) return live;
    }
    return all.slice(0, room).map(row => this.#line(row, now));
  }

  get #columns(): number {
    return this.#io.columns > 0 ? this.#io.columns : usualColumns;
  }

  #line({ title, started, ended }: Row, now: number): string {
    const word = ended === undefined ? '' : words[ended.kind];
    const time = seconds((ended?.time ?? now) - started);
    const room = Math.max(1, this.#columns - time.length - 2);
    const said = ellipsis(` => ${word}${escapeLine(title)}`, room);
    return `${said}${' '.repeat(Math.max(0, room - displayWidth(said)))} ${time}\n`;
  }

  #output({ last, ended }: Row, lines: number): readonly string[] {
    if (ended !== undefined) return [];
    return last
      .filter(line => line !== '')
      .slice(-lines)
      .map(line => `${ellipsis(` => => # ${escapeLine(line)}`, Math.max(1, this.#columns - 1))}\n`);
  }
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)}s`;
