import type { ImageRow } from '../ops/results.ts';
import { escapeLine } from './escape.ts';
import { listingText, type Row, shortID } from './listing.ts';
import { ageOf, humanSize, parseTime } from './units.ts';
import type { Words } from './words.ts';
import { goTime } from './zoned-time.ts';

const titles = {
  Place: 'PLACE',
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  ID: 'IMAGE ID',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  Size: 'SIZE',
  VirtualSize: 'SIZE',
  Containers: 'CONTAINERS',
  SharedSize: 'SHARED SIZE',
  UniqueSize: 'UNIQUE SIZE',
};
export const imagesFields: readonly string[] = Object.keys(titles);
const none = '<none>';
/** Go's time that was never set, which docker writes where it knows none. */
const goZero = Date.parse('0001-01-01T00:00:00Z');

/** When it is, in milliseconds since 1970, and where: a time zone's name; the system's where there is none. */
export interface Clock {
  readonly now: number;
  readonly zone: string | undefined;
}

function rowOf(image: ImageRow, whole: boolean, { now, zone }: Clock): Row {
  const said = parseTime(image.created);
  const time = said === goZero ? undefined : said;
  const size = humanSize(image.size);
  return {
    Place: image.place,
    ID: whole ? image.id : shortID(image.id),
    Repository: image.repository ?? none,
    Tag: image.tag ?? none,
    Digest: image.digest,
    CreatedSince: time === undefined ? 'N/A' : ageOf(time, now),
    // A time zone's clock is slow, and most forms do not show it.
    get CreatedAt() {
      return time === undefined ? 'N/A' : goTime(time, zone);
    },
    Size: size,
    VirtualSize: size,
    Containers: 'N/A',
    SharedSize: 'N/A',
    UniqueSize: 'N/A',
  };
}

/** Docker's `raw`: a paragraph an image. */
function rawText(rows: readonly Row[], digests: boolean): string {
  const lines = rows.map(row => [
    `repository: ${row['Repository']}`,
    `tag: ${row['Tag']}`,
    ...(digests ? [`digest: ${row['Digest']}`] : []),
    `image_id: ${row['ID']}`,
    `created_at: ${row['CreatedAt']}`,
    `virtual_size: ${row['Size']}`,
    '',
  ]);
  return lines.map(paragraph => `${paragraph.map(escapeLine).join('\n')}\n`).join('');
}

/** What `images` prints: docker's classic table unless a format says otherwise. */
export async function imagesText(images: readonly ImageRow[], words: Words, clock: Clock): Promise<string> {
  const rows = images.map(image => rowOf(image, words.flag('no-trunc'), clock));
  const format = words.text('format');
  const plain = format === undefined || format === 'table';
  if (words.flag('quiet') && plain) return rows.map(row => `${row['ID']}\n`).join('');
  if (format === 'raw') {
    return words.flag('quiet')
      ? rows.map(row => `image_id: ${row['ID']}\n`).join('')
      : rawText(rows, words.flag('digests'));
  }
  const place = new Set(words.texts('place')).size > 1 ? ['Place'] : [];
  const digest = words.flag('digests') ? ['Digest'] : [];
  return await listingText(
    { rows, titles, columns: [...place, 'Repository', 'Tag', ...digest, 'ID', 'CreatedSince', 'Size'] },
    format,
  );
}
