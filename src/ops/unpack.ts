import { warningsOf } from '../graph/layer-label.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import { runtimeConfig } from '../image/runtime.ts';
import type { UserNamespace } from '../image/runtime-namespace.ts';
import { hostIdOf, type IdMap, parseIdRange } from '../spec/id-map.ts';
import { sizeOf } from '../spec/sizes.ts';
import { writeBundle } from '../store/bundle/bundle.ts';
import { prepareTarget } from '../store/disk/target.ts';
import { type OpenedImage, openImage } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { type Extraction, extractLayers, makeRootfs, readTextInside, rootfsOf } from '../store/rootfs/extract.ts';
import { type MakingOptions, powersOf } from '../store/rootfs/powers.ts';
import { moveSidecar, sidecarAt } from '../store/rootfs/sidecar-place.ts';
import { announce } from '../stream/pace.ts';
import { checkCall } from './check-call.ts';
import type { UnpackOptions } from './options.ts';
import type { UnpackResult } from './results.ts';
import { checkWarnings } from './strict.ts';

/** What the maps of the command line or a caller say; checked already. */
function mapOf(texts: readonly string[] | undefined): IdMap | undefined {
  return texts === undefined || texts.length === 0 ? undefined : texts.flatMap(text => parseIdRange(text) ?? []);
}

function makingOf({ rootless, uidMap, gidMap }: UnpackOptions): MakingOptions {
  return { rootless, uidMap: mapOf(uidMap), gidMap: mapOf(gidMap) };
}

/** The user namespace that a container in the bundle needs; none for root without maps, nor where nobody asked for one. */
function namespaceOf(making: MakingOptions): UserNamespace | undefined {
  const { isRootless, hasMaps, maps } = powersOf(making);
  return isRootless || hasMaps ? { maps, isRootless } : undefined;
}

/** The user that the image runs as, where a namespace lacks it: a warning, since another map may have it. */
function unmappedUser(config: object, making: MakingOptions): readonly string[] {
  const { process } = config as { readonly process: { readonly user: { readonly uid: number; readonly gid: number } } };
  const { uid, gid } = process.user;
  const namespace = namespaceOf(making);
  if (namespace === undefined) return [];
  const { uids, gids } = namespace.maps;
  if (hostIdOf(uids, uid) !== undefined && hostIdOf(gids, gid) !== undefined) return [];
  return [`config.json: the image runs as ${uid}:${gid}, which the namespace does not map: no container starts so`];
}

async function finishBundle(
  work: string,
  directory: string,
  { opened, extraction, making }: { opened: OpenedImage; extraction: Extraction; making: MakingOptions },
): Promise<readonly string[]> {
  const rootfs = `${work}/rootfs`;
  const users = {
    passwd: readTextInside(rootfs, extraction.tree, 'etc/passwd'),
    group: readTextInside(rootfs, extraction.tree, 'etc/group'),
  };
  const config = runtimeConfig(opened.image.config.value, users, namespaceOf(making));
  await writeBundle(work, directory, {
    runtimeConfig: config,
    layout: opened.source.subject,
    manifest: opened.descriptor,
    tree: extraction.tree,
    signal: opened.source.work?.signal,
    digests: extraction.digests,
  });
  return unmappedUser(config, making);
}

/**
 * Writes an image's root filesystem into a new directory, attribute for attribute; with `bundle`, into `rootfs/` of a
 * runtime bundle with its `config.json`. Digests, sizes and diffIDs are checked. What a bundle's directory, or with
 * `rootless` or maps any, cannot show (without root: owners, devices, some extended attributes) stands in a sidecar beside it,
 * which `diff` and `commit` read. The directory appears
 * only when all of it is there: whatever goes wrong leaves nothing behind. Nothing else outside it is ever written.
 */
export async function unpack(
  image: ImageOperand,
  directory: string,
  options: UnpackOptions = {},
): Promise<UnpackResult> {
  checkCall('unpack', { image: ['operand', image], directory: ['target', directory] }, options);
  const opened = await openImage(image, options);
  const layers = layersOf(opened.image);
  const making = makingOf(options);
  const force = options.force === true;
  const target = await prepareTarget(directory, { force, isDirectory: true, reads: opened.place.path });
  try {
    const bundle = options.bundle === true;
    const place = bundle ? makeRootfs(target.work) : target.work;
    announce(options, 'unpacking', sizeOf(blobsOf(layers)));
    const extraction = await extractLayers(opened.source, layers, {
      directory: place,
      hashContents: bundle,
      inBundle: bundle,
      ...making,
    });
    const warnings = [...extraction.warnings, ...(await warningsOf(opened.source, blobsOf(layers)))];
    checkWarnings(warnings, options.strict);
    const more = bundle ? await finishBundle(target.work, directory, { opened, extraction, making }) : [];
    await target.commit(aside => moveSidecar(target.work, target.place, { aside, force }));
    return {
      directory,
      manifest: opened.descriptor.digest,
      sidecar: sidecarAt(bundle ? rootfsOf(directory) : target.place),
      warnings: [...warnings, ...more],
    };
  } catch (error) {
    await target.abandon();
    throw error;
  }
}
