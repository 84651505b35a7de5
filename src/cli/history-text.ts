import type { HistoryRow } from '../ops/results.ts';
import type { Clock } from './images-text.ts';
import { listingText, shortID } from './listing.ts';
import { ageOf, humanSize, parseTime } from './units.ts';
import { ellipsis } from './width.ts';
import type { Words } from './words.ts';
import { localTime } from './zoned-time.ts';

const titles = {
  ID: 'IMAGE',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  CreatedBy: 'CREATED BY',
  Size: 'SIZE',
  Comment: 'COMMENT',
};
export const historyFields: readonly string[] = Object.keys(titles);
/** Docker takes a time up to here for none: builders write such times for the sake of reproducible bytes. */
const firstTime = Date.UTC(2000, 0, 1);

/** What `history` prints. */
export async function historyText(rows: readonly HistoryRow[], words: Words, { now, zone }: Clock): Promise<string> {
  const [whole, human, format] = [words.flag('no-trunc'), words.flag('human'), words.text('format')];
  const shown = rows.map(row => {
    const time = parseTime(row.created) ?? 0;
    const createdBy = row.createdBy.replaceAll('\t', ' ');
    return {
      ID: whole ? row.id : shortID(row.id),
      CreatedSince: time <= firstTime ? 'N/A' : ageOf(time, now),
      get CreatedAt() {
        return localTime(time, zone);
      },
      CreatedBy: whole ? createdBy : ellipsis(createdBy, 45),
      Size: human ? humanSize(row.size) : String(row.size),
      Comment: row.comment,
    };
  });
  if (words.flag('quiet') && (format === undefined || format === 'table'))
    return shown.map(({ ID }) => `${ID}\n`).join('');
  const columns = ['ID', human ? 'CreatedSince' : 'CreatedAt', 'CreatedBy', 'Size', 'Comment'];
  return await listingText({ rows: shown, titles, columns }, format);
}
