import type { ReadOptions } from './options.ts';

/** What `sbom` takes. */
export interface SbomOptions extends ReadOptions {
  /** Which document. SPDX 2.3 when absent. */
  readonly format?: 'spdx' | 'cyclonedx' | undefined;
  /** The time that it says it was made, RFC 3339 or a Date; when the image was made when absent, and 1970 where nobody knows. */
  readonly created?: string | Date | undefined;
}
