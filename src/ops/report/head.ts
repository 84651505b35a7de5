import type { ImageHead } from '../../report/page-data.ts';
import { formatPlatform } from '../../spec/platform.ts';
import type { AnalyzeResult } from '../analyze-results.ts';
import type { Look } from '../look.ts';
import type { FoundPackages } from '../package-scan.ts';

interface Measured {
  readonly size: AnalyzeResult['size'];
  readonly found: FoundPackages;
}

/** What a page says at its top of what is looked into. */
export function headOf({ name, image }: Look, { size, found }: Measured): ImageHead {
  return {
    name,
    digest: image?.manifest.descriptor.digest ?? null,
    platform: image === undefined ? '' : formatPlatform(image.config.value),
    created: image?.config.value.created ?? null,
    system: found.system.get('PRETTY_NAME') ?? found.system.get('NAME') ?? '',
    size,
  };
}
