import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { documentLimit } from '../../limits.ts';
import { isDigest } from '../../spec/digest.ts';
import { parseJson } from '../../spec/document.ts';
import type { Json } from '../../spec/objects.ts';
import { onDisk } from '../disk/system-error.ts';

function digestAt(path: Json): readonly string[] {
  const [, algorithm, encoded] =
    typeof path === 'string' ? (/^(?:blobs\/(\w+)\/)?([0-9a-f]{64,128})(?:\.json)?$/.exec(path) ?? []) : [];
  const digest = `${algorithm ?? 'sha256'}:${encoded}`;
  return encoded !== undefined && isDigest(digest) ? [digest] : [];
}

/** Whatever text in a JSON value is the path of a blob. */
function digestsIn(value: Json | undefined): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(digestsIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(digestsIn);
  return value === undefined ? [] : digestAt(value);
}

/**
 * The blobs that docker's `manifest.json` names, where one lies in a layout: a docker archive (or a universal one) that was
 * unpacked, whose images `docker load` would still find by it. Empty where it is none.
 */
export function dockerListed(layout: string): readonly string[] {
  const path = join(layout, 'manifest.json');
  return onDisk(path, 'a file that can be read', () => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() !== true || found.size > documentLimit) return [];
    try {
      return digestsIn(parseJson(readFileSync(path), path));
    } catch (error) {
      if (error instanceof Error && 'syscall' in error) throw error;
      return [];
    }
  });
}
