import type { Bytes } from '../engine/engine.ts';
import { usage } from '../errors.ts';
import { pageOf } from '../report/page.ts';
import type { PageData } from '../report/page-data.ts';
import { digestOf } from '../spec/digest.ts';
import { writeFileAtomic } from '../store/disk/file-target.ts';
import type { Operand } from '../store/parse-operand.ts';
import { flow } from '../stream/flow.ts';
import { checkCall } from './check-call.ts';
import { lookInto } from './look.ts';
import type { ReportOptions } from './look-options.ts';
import type { ReportResult } from './look-results.ts';
import { keepingPackages } from './package-scan.ts';
import { imagePage } from './report/image-page.ts';
import { pairPage } from './report/pair-page.ts';
import { allOf, type Several } from './several.ts';

/** A page is for whoever may see the directory that it lies in. */
const pageMode = 0o644;

async function dataOf(images: readonly Operand[], options: ReportOptions): Promise<PageData> {
  const [one, other, ...more] = images;
  if (one === undefined || more.length > 0)
    throw usage('report', `expected an image, or an older one and a newer, got ${images.length} images`);
  const first = await lookInto(one, options, keepingPackages);
  if (other === undefined) return imagePage(first, options);
  return pairPage(first, await lookInto(other, options, keepingPackages), options);
}

interface Made extends ReportResult {
  readonly page: Uint8Array;
}

async function make(images: Several<Operand>, options: ReportOptions): Promise<Made> {
  const data = await dataOf(allOf(images), options);
  const page = new TextEncoder().encode(pageOf(data));
  const heads = data.kind === 'image' ? [data.head] : [data.before, data.after];
  const named = heads.map(({ name, digest }) => ({ name, digest }));
  return { images: named, digest: digestOf(page), size: page.length, warnings: data.warnings, page };
}

const bytesOf = (page: Uint8Array, { signal }: ReportOptions): Bytes => flow([page], { signal });

/**
 * One page of HTML about an image (its layers, files, packages, waste and config), or about what differs between an older image and a newer: it holds all
 * that it shows, asks no network for anything, and is the same bytes for the same images. Layers are read and proved; those whose files say packages are read
 * once more for that. A bundle, a directory or a tar has a page of its files and packages.
 */
export async function reportStream(
  images: Several<Operand>,
  options: ReportOptions = {},
): Promise<ReportResult & { readonly bytes: Bytes }> {
  checkCall('reportStream', { images: ['operands', images] }, options);
  const { page, ...result } = await make(images, options);
  return { ...result, bytes: bytesOf(page, options) };
}

/** The same into a file, which is there whole or not at all. */
export async function report(
  images: Several<Operand>,
  file: string,
  options: ReportOptions = {},
): Promise<ReportResult> {
  checkCall('report', { images: ['operands', images], file: ['target', file] }, options);
  const { page, ...result } = await make(images, options);
  if (options.dryRun !== true)
    await writeFileAtomic(file, bytesOf(page, options), { mode: pageMode, signal: options.signal });
  return result;
}
