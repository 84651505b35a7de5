import { cyclonedxDocument } from '../packages/cyclonedx.ts';
import { purlOf } from '../packages/purl.ts';
import { spdxDocument } from '../packages/spdx.ts';
import { jsonText } from '../spec/document.ts';
import type { Operand } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import { type Look, lookInto } from './look.ts';
import type { SbomOptions } from './package-options.ts';
import type { SbomResult } from './package-results.ts';
import { keepingPackages, scanPackages } from './package-scan.ts';

const formats = {
  spdx: { write: spdxDocument, mediaType: 'application/spdx+json' },
  cyclonedx: { write: cyclonedxDocument, mediaType: 'application/vnd.cyclonedx+json' },
} as const;

/** Whole seconds in UTC, as both documents want them. */
function createdOf({ created }: Pick<SbomOptions, 'created'>, look: Look): string {
  const said = created ?? look.image?.config.value.created ?? undefined;
  const date = said instanceof Date ? said : new Date(said ?? 0);
  const time = Number.isNaN(date.getTime()) ? new Date(0) : date;
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * A bill of materials of what `packages` finds, as SPDX 2.3 or CycloneDX 1.6 have it in JSON. The same contents give the same bytes: its
 * identifiers are made of them, and its time is the image's own unless `created` says another.
 */
export async function sbom(rootfs: Operand, options: SbomOptions = {}): Promise<SbomResult> {
  checkCall('sbom', { rootfs: ['operand', rootfs] }, options);
  const look = await lookInto(rootfs, options, keepingPackages);
  const { document, packages, warnings } = await billOf(look, options);
  return {
    text: `${jsonText(document, '  ')}\n`,
    mediaType: formats[options.format ?? 'spdx'].mediaType,
    packages,
    warnings: [...look.warnings, ...warnings],
  };
}

/** A bill of materials of what is looked into, as a value. */
export async function billOf(
  look: Look,
  options: Pick<SbomOptions, 'format' | 'created' | 'signal' | 'progress'>,
): Promise<{ readonly document: object; readonly packages: number; readonly warnings: readonly string[] }> {
  const { packages, system, warnings } = await scanPackages(look, options);
  const document = formats[options.format ?? 'spdx'].write({
    name: look.name,
    digest: look.image?.manifest.descriptor.digest,
    architecture: look.image?.config.value.architecture,
    created: createdOf(options, look),
    system,
    packages: packages.map(({ found, layer }) => ({
      found,
      purl: purlOf(found, system),
      layer: layer === null ? undefined : look.layers[layer - 1],
    })),
  });
  return { document, packages: packages.length, warnings };
}
