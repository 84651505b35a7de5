import type { ImageHead } from '../../report/page-data.ts';
import type { Image } from '../../spec/objects.ts';
import { formatPlatform } from '../../spec/platform.ts';
import type { AnalyzeResult } from '../analyze-results.ts';
import type { Look } from '../look.ts';
import type { FoundPackages } from '../package-scan.ts';

interface Measured {
  readonly size: AnalyzeResult['size'];
  readonly found: FoundPackages;
}

/** What a page says of an image at its top. */
export function headOf({ name }: Look, { manifest, config }: Image, { size, found }: Measured): ImageHead {
  return {
    name,
    digest: manifest.descriptor.digest,
    platform: formatPlatform(config.value),
    created: config.value.created ?? null,
    system: found.system.get('PRETTY_NAME') ?? found.system.get('NAME') ?? '',
    size,
  };
}
