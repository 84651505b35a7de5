import type { Place } from './dockerfile-error.ts';

/** How many lines around an instruction are shown, and how many of a long one. */
const around = 2;
const mostLines = 10;
const mostColumns = 200;

/** The lines of an instruction with those around it, numbered and marked: `   2 | >>> COPY a`. `text` is the file's lines. */
export function excerptOf(text: readonly string[], { lines: [first, end] }: Place): string {
  const last = Math.min(end, first + mostLines - 1);
  const start = Math.max(1, first - around);
  const shown = text.slice(start - 1, last + around).map((content, offset) => {
    const number = start + offset;
    const mark = number >= first && number <= last ? '>>> ' : '    ';
    return `${String(number).padStart(4)} | ${mark}${content.slice(0, mostColumns)}`.trimEnd();
  });
  return shown.join('\n');
}
