import { rebuildDockerfile } from '../dockerfile/history/rebuild.ts';
import { annotationKeys } from '../spec/annotations.ts';
import type { Image } from '../spec/objects.ts';
import { openImage } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import type { ReadOptions } from './options.ts';

/** What annotations, or labels, call the image that this one was made on. */
function baseOf({ manifest, config }: Image): string | undefined {
  const said = (key: string): string | undefined =>
    manifest.value.annotations?.[key] ?? config.value.config?.Labels?.[key] ?? undefined;
  const [name, digest] = [said(annotationKeys.baseName), said(annotationKeys.baseDigest)];
  return [name, digest].filter(Boolean).join('@') || undefined;
}

/** A Dockerfile as far as an image's documents tell of one, `subject` in its first comment. */
export function dockerfileFor(image: Image, subject: string): string {
  const { config, manifest } = image;
  return rebuildDockerfile({
    subject,
    config: config.value,
    layers: manifest.value.layers.map(({ size }) => `${size} bytes`),
    base: baseOf(image),
  });
}

/**
 * A Dockerfile as far as an image's history and config tell of one: it parses, and its instructions say the config. What nobody recorded
 * (names of sources, other stages, what FROM named) is said in comments. No layer is read.
 */
export async function dockerfileOf(image: ImageOperand, options: ReadOptions = {}): Promise<string> {
  checkCall('dockerfileOf', { image: ['operand', image] }, options);
  const opened = await openImage(image, options);
  const { manifest } = opened.image;
  return dockerfileFor(opened.image, opened.named.annotations?.[annotationKeys.refName] ?? manifest.descriptor.digest);
}
