import { existsSync } from 'node:fs';
import { usage } from '../errors.ts';
import { checkText, parseImagePlace } from './image-place.ts';
import { checkOperand, type Operand } from './parse-operand.ts';

/** A path inside a root filesystem: text that is taken apart once, or its parts. */
export type InnerPath = string | { readonly rootfs: Operand; readonly path: string };

const kinds = ['oci', 'ocidir', 'oci-layout', 'oci-archive', 'docker-archive', 'rootfs', 'tar'];

/** Whether text is an operand whose place is there. */
function isThere(text: string): boolean {
  if (kinds.includes(text)) return false;
  const kind = ['rootfs:', 'tar:'].find(prefix => text.startsWith(prefix));
  if (kind !== undefined) return existsSync(text.slice(kind.length));
  return existsSync(text) || existsSync(parseImagePlace(text, 'read').path);
}

/** Whether a value is an `InnerPath`, whatever it names. */
export function isInnerPath(value: unknown): value is InnerPath {
  if (typeof value === 'string') return value !== '' && !value.includes('\0');
  if (typeof value !== 'object' || value === null || !('rootfs' in value) || !('path' in value)) return false;
  if (Object.keys(value).length > 2) return false;
  try {
    checkOperand(value.rootfs, 'rootfs');
    return typeof value.path === 'string';
  } catch {
    return false;
  }
}

/** Takes `OPERAND:PATH` apart: PATH begins at the first `:/` before which an operand's place is. Throws `usage`. */
export function parseInnerPath(inner: InnerPath): { readonly rootfs: Operand; readonly path: string } {
  if (typeof inner !== 'string') return inner;
  const text = inner;
  checkText(text);
  for (let colon = text.indexOf(':/'); colon >= 0; colon = text.indexOf(':/', colon + 1)) {
    if (colon > 0 && isThere(text.slice(0, colon)))
      return { rootfs: text.slice(0, colon), path: text.slice(colon + 1) };
  }
  const hint = 'a path inside begins with a slash: img:app:/etc';
  throw usage(text, 'expected IMAGE:PATH, an image that is there and an absolute path in it', hint);
}
