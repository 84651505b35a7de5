import { labelWarnings } from '../graph/layer-label.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import { runtimeConfig } from '../image/runtime.ts';
import { sizeOf } from '../spec/sizes.ts';
import { writeBundle } from '../store/bundle/bundle.ts';
import { prepareTarget } from '../store/disk/target.ts';
import { type OpenedImage, openImage } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { type Extraction, extractLayers, makeRootfs, readTextInside } from '../store/rootfs/extract.ts';
import { announce } from '../stream/pace.ts';
import { path } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import type { UnpackOptions } from './options.ts';
import type { UnpackResult } from './results.ts';
import { checkWarnings } from './strict.ts';

async function finishBundle(
  work: string,
  directory: string,
  { opened, extraction }: { opened: OpenedImage; extraction: Extraction },
): Promise<void> {
  const rootfs = `${work}/rootfs`;
  const users = {
    passwd: readTextInside(rootfs, extraction.tree, 'etc/passwd'),
    group: readTextInside(rootfs, extraction.tree, 'etc/group'),
  };
  await writeBundle(work, directory, {
    runtimeConfig: runtimeConfig(opened.image.config.value, users),
    layout: opened.source.subject,
    manifest: opened.descriptor,
    tree: extraction.tree,
    signal: opened.source.work?.signal,
    digests: extraction.digests,
  });
}

/**
 * Writes an image's root filesystem into a new directory, attribute for attribute; with `bundle`, into `rootfs/` of a
 * runtime bundle with its `config.json`. Digests, sizes and diffIDs are checked. The directory appears only when all of it
 * is there: whatever goes wrong leaves nothing behind. Nothing outside it is ever written.
 */
export async function unpack(
  image: ImageOperand,
  directory: string,
  options: UnpackOptions = {},
): Promise<UnpackResult> {
  checkCall('unpack', { image: ['operand', image], directory: [path, directory] }, options);
  const opened = await openImage(image, options);
  const layers = layersOf(opened.image);
  const target = await prepareTarget(directory, { force: options.force === true });
  try {
    const bundle = options.bundle === true;
    const place = bundle ? makeRootfs(target.work) : target.work;
    announce(options, 'unpacking', sizeOf(blobsOf(layers)));
    const extraction = await extractLayers(opened.source, layers, {
      directory: place,
      hashContents: bundle,
    });
    const warnings = [...extraction.warnings, ...(await labelWarnings(opened.source, blobsOf(layers)))];
    checkWarnings(warnings, options.strict);
    if (bundle) await finishBundle(target.work, directory, { opened, extraction });
    await target.commit();
    return { directory, manifest: opened.descriptor.digest, warnings };
  } catch (error) {
    await target.abandon();
    throw error;
  }
}
