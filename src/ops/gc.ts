import { badOption, OciError } from '../errors.ts';
import { durationOf } from '../spec/duration.ts';
import { nameOf } from '../spec/name.ts';
import type { Descriptor, Document, ImageIndex } from '../spec/objects.ts';
import { findGarbage, type Garbage, type GarbageOptions } from '../store/layout/garbage.ts';
import { sweep } from '../store/layout/sweep.ts';
import { openStore } from '../store/open-source.ts';
import { type ImageOperand, parseWholePlace } from '../store/parse-operand.ts';
import { announce } from '../stream/pace.ts';
import { checkCall } from './check-call.ts';
import type { GcOptions } from './options.ts';
import type { GcResult, NamedDigest } from './results.ts';

/** How often it is decided anew where others change the index meanwhile. */
const patience = 100;

const defaultGrace = '1h';

/** What counts as young. Without a grace time nothing does, and no clock is needed. */
function boundsOf({ grace = defaultGrace, now }: GcOptions): { readonly youngSince: number; readonly now: number } {
  const duration = grace === '0' ? 0 : durationOf(grace);
  if (duration === undefined) throw badOption('grace', `expected a duration (1h, 30m, 0), got '${grace}'`);
  if (duration === 0) return { youngSince: Number.POSITIVE_INFINITY, now: now ?? 0 };
  if (now === undefined)
    throw badOption('now', 'expected the time that a grace time counts from, got none', {
      hint: "option now is the milliseconds since 1970; option grace '0' needs none",
    });
  return { youngSince: now - duration, now };
}

const namedDigest = (entry: Descriptor): NamedDigest => ({ name: nameOf(entry) ?? null, digest: entry.digest });

const total = (files: readonly { readonly size: number; readonly diskSize: number }[], field: 'size' | 'diskSize') =>
  files.reduce((sum, file) => sum + file[field], 0);

/** What there is to say of what stays. */
function warningsOf(layout: string, { young, dockers, roots }: Garbage, grace: string): readonly string[] {
  const say = (count: number, one: string, many: string): readonly string[] =>
    count === 0 ? [] : [`${layout}: ${count === 1 ? `one ${one}` : `${count} ${many}`}`];
  return [
    ...say(
      young.length,
      `blob that nothing names is younger than ${grace}, or named by one that is, and stays`,
      `blobs that nothing names are younger than ${grace}, or named by one that is, and stay`,
    ),
    ...say(
      dockers,
      "blob stays that only docker's manifest.json names",
      "blobs stay that only docker's manifest.json names",
    ),
    ...say(
      roots.dangling.length,
      'entry stays that is about an image that is not there',
      'entries stay that are about images that are not there',
    ),
  ];
}

function resultOf(layout: string, garbage: Garbage, options: GcOptions): GcResult {
  const { blobs, files, roots } = garbage;
  const inside = layout.endsWith('/') ? layout.length : layout.length + 1;
  return {
    removed: blobs.map(({ digest, size, diskSize, mediaType }) => ({ digest, size, diskSize, mediaType })),
    files: files.map(({ path, size }) => ({ path: path.slice(inside), size })),
    entries: roots.dropped.map(namedDigest),
    bytes: total(blobs, 'size') + total(files, 'size'),
    diskBytes: total(blobs, 'diskSize') + total(files, 'diskSize'),
    kept: {
      young: garbage.young.length,
      untagged: roots.untagged.map(namedDigest),
      dangling: roots.dangling.map(namedDigest),
    },
    warnings: warningsOf(layout, garbage, options.grace ?? defaultGrace),
  };
}

/** The index without the entries that go; the very same one where none does. */
function withoutEntries(index: ImageIndex, dropped: readonly Descriptor[]): ImageIndex {
  if (dropped.length === 0) return index;
  return { ...index, manifests: index.manifests.filter(entry => !dropped.includes(entry)) };
}

const isSame = ({ bytes }: Document<ImageIndex>, other: Document<ImageIndex> | undefined): boolean =>
  other !== undefined && Buffer.compare(bytes, other.bytes) === 0;

/**
 * Removes from a layout the blobs that nothing names any more and what dead writers have left. Everything that an entry of its
 * index leads to stays, with what refers to it, but for images whose name was given to another or taken away by ocikit; so does what is younger than the grace time. Other writers may be at work: the
 * index that decided is the one that stands when the blobs go, under its lock. Throws `conflict`
 * where the index never stands still, and `invalid` or `not-found`, when no more than that of dead writers is gone, where a manifest or index that is listed is damaged or missing: nobody knows what it needs.
 */
export async function gc(layout: ImageOperand, options: GcOptions = {}): Promise<GcResult> {
  checkCall('gc', { layout: ['operand', layout] }, options);
  const { place } = parseWholePlace(layout, 'a LAYOUT');
  const { signal } = options;
  const decide: GarbageOptions = { ...options, ...boundsOf(options) };
  announce(options, 'collecting');
  const gone: Descriptor[] = [];
  let stood: Document<ImageIndex> | undefined;
  for (let turn = 0; turn < patience; turn++) {
    const { index } = await openStore(place, { signal });
    const garbage = await findGarbage(place.path, index, decide);
    const { blobs, files, roots, unknown } = garbage;
    if (unknown !== undefined && !isSame(index, stood)) {
      // Another collector may have taken both the entry and its blobs meanwhile: what is said has been seen twice.
      stood = index;
      continue;
    }
    if (unknown !== undefined) {
      if (options.dryRun !== true && !(await sweep(place.path, { files, index }, { signal }))) continue;
      throw unknown;
    }
    const result = resultOf(
      place.path,
      { ...garbage, roots: { ...roots, dropped: [...gone, ...roots.dropped] } },
      options,
    );
    if (options.dryRun === true) return result;
    const change = (before: ImageIndex): ImageIndex => withoutEntries(before, roots.dropped);
    const changed = await sweep(place.path, { files: [], index, change }, { signal });
    if (changed === undefined) continue;
    for (const one of roots.dropped) gone.push(one);
    if (await sweep(place.path, { files: [...blobs, ...files], index: changed }, { signal })) return result;
  }
  throw new OciError('conflict', place.path, 'expected an index that stands still, got one that others keep changing', {
    hint: 'try again',
  });
}
