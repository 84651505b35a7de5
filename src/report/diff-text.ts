import type { ByteString } from '../tree/node.ts';
import { exactTextOf, textOf } from '../tree/path.ts';
import type { TextDiff } from '../tree/text-diff.ts';

const lineText = (line: ByteString): string => exactTextOf(line) ?? textOf(line);

const range = (start: number, lines: number): string => (lines === 1 ? `${start}` : `${start},${lines}`);

/** Hunks as diff -u writes them, a line each; what stands above them is the page's. */
export function unifiedText({ hunks }: TextDiff): string {
  const lines: string[] = [];
  for (const { oldStart, oldLines, newStart, newLines, section, lines: changed } of hunks) {
    const heading = section === '' ? '' : ` ${lineText(section)}`;
    lines.push(`@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@${heading}`);
    for (const { kind, text, isUnended } of changed) {
      lines.push(`${kind}${lineText(text)}`);
      if (isUnended === true) lines.push('\\ No newline at end of file');
    }
  }
  return lines.join('\n');
}
