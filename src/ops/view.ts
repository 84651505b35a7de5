import { encodeBase64 } from '../spec/base64.ts';
import type { Change } from '../tree/change.ts';
import type { ByteString, Node, Path } from '../tree/node.ts';
import { bytesOf, exactTextOf, textOf } from '../tree/path.ts';
import { second, secondsOf } from '../tree/time.ts';
import type { DiffRow, NodeView } from './results.ts';

/** RFC 3339 with as many digits of the second as there are. */
export function timeText(mtime: bigint): string {
  const seconds = secondsOf(mtime);
  const nanoseconds = mtime - seconds * second;
  if (seconds < -62_135_596_800n || seconds > 253_402_300_799n) return `@${seconds}`;
  const fraction = nanoseconds === 0n ? '' : `.${nanoseconds.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', `${fraction}Z`);
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');

/** A name as JSON has it: its very text, or where it is not UTF-8 a readable form, and beside it the bytes in base64. */
export function textFields(field: string, bytes: ByteString): Record<string, string> {
  const text = exactTextOf(bytes);
  if (text !== undefined) return { [field]: text };
  return { [field]: textOf(bytes), [`${field}Bytes`]: encodeBase64(bytesOf(bytes)) };
}

/** An absolute path as JSON has it. */
export function pathFields(path: Path): Pick<DiffRow, 'path' | 'pathBytes'> {
  return textFields('path', `/${path}`) as Pick<DiffRow, 'path' | 'pathBytes'>;
}

function kindOf(node: Node): Partial<NodeView> {
  switch (node.kind) {
    case 'file':
      return { size: node.size };
    case 'symlink':
      return textFields('target', node.target);
    case 'device':
      return { device: `${node.major}:${node.minor}` };
    case 'directory':
    case 'fifo':
      return {};
  }
}

/** Permission, set-id and sticky bits as four octal digits. */
export const modeText = (mode: number): string => mode.toString(8).padStart(4, '0');

/** A node as plain data. Extended attributes are hexadecimal, as they need not be text. */
export function viewOf(node: Node): NodeView {
  const { mode, uid, gid, mtime, xattrs } = node.meta;
  const view = {
    type: typeOf(node),
    mode: modeText(mode),
    uid,
    gid,
    mtime: timeText(mtime),
    ...kindOf(node),
  };
  if (xattrs.size === 0) return view;
  const sorted = [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...view, xattrs: Object.fromEntries(sorted.map(([name, value]) => [textOf(name), hexOf(value)])) };
}

/** The kind of a node in one word; a device's says which. */
export function typeOf(node: Node): string {
  return node.kind === 'device' ? `${node.type} device` : node.kind;
}

const letters = { add: 'A', modify: 'C', delete: 'D' } as const;

/** A change as `diff` lists it. */
export function rowOf(change: Change): DiffRow {
  const before = change.kind === 'add' ? null : change.before;
  const after = change.kind === 'delete' ? null : change.after;
  return {
    kind: letters[change.kind],
    ...pathFields(change.path),
    type: typeOf((after ?? before) as Node),
    reasons: change.reasons,
    before: before && viewOf(before),
    after: after && viewOf(after),
  };
}
