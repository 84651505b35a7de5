import { jsonText } from '../spec/document.ts';
import type { CopyOptions } from './copy.ts';
import type { FileNode, Leaf, Meta, Node, Path } from './node.ts';
import type { Parts } from './parts.ts';
import type { Selected } from './select.ts';
import { eachNode } from './walk.ts';

interface Described extends Pick<CopyOptions, 'isExcluded' | 'owner'> {
  /** What the contents of files are compared by. */
  readonly digests: ReadonlyMap<FileNode, string>;
}

const attributes = ({ mode, uid, gid, xattrs }: Meta, { owner }: Described): readonly unknown[] => [
  mode,
  owner?.uid ?? uid,
  owner?.gid ?? gid,
  [...xattrs].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, value]) => [name, ...value]),
];

function formOf(node: Node, { digests }: Described): unknown {
  switch (node.kind) {
    case 'file':
      return [node.size, digests.get(node)];
    case 'symlink':
      return node.target;
    case 'device':
      return [node.type, node.major, node.minor];
    default:
      return undefined;
  }
}

/** What stands in JSON as it is. */
const unescaped = /^[ !#-[\]-~]*$/;

/** The line of nearly every file, as `jsonText` has it, in a third of its time. */
function plainLine(path: Path, node: FileNode, { owner, digests }: Described): string {
  const { meta, size } = node;
  const { uid, gid } = owner ?? meta;
  const digest = digests.get(node);
  const said = digest === undefined ? null : `"${digest}"`;
  return `["${path}","file",${meta.mode},${uid},${gid},[],[${size},${said}]]`;
}

/** Whether a copy leaves a path out; directories may hold what it does not. */
const isLeftOut = (path: Path, node: Node, { isExcluded }: Described): boolean =>
  node.kind !== 'directory' && isExcluded?.(path) === true;

/**
 * Says line by line what counts of something that is copied: its name, and of it and all that is in it path, kind, attributes, contents, and
 * which paths are one file. Times do not count. In parts.
 */
export function* describeSelected(
  { node, name }: Selected,
  described: Described,
  say: (line: string) => void,
): Parts<void> {
  const firstNames = new Map<Leaf, Path>();
  const line = (path: Path, one: Node): void => {
    if (isLeftOut(path, one, described)) return;
    const known = one.kind === 'directory' ? undefined : firstNames.get(one);
    if (known === undefined && one.kind !== 'directory') firstNames.set(one, path);
    if (known === undefined && one.kind === 'file' && one.meta.xattrs.size === 0 && unescaped.test(path)) {
      say(plainLine(path, one, described));
      return;
    }
    const said = [one.kind, ...attributes(one.meta, described), formOf(one, described)];
    say(jsonText([path, ...(known === undefined ? said : ['link', known])]));
  };
  if (node.kind !== 'directory') {
    line(name, node);
    return;
  }
  say(jsonText([name, ...attributes(node.meta, described)]));
  yield* eachNode(node, line);
}

/** The files of something that is copied. */
export function filesIn({ node, name }: Selected, described: Omit<Described, 'digests'>): readonly FileNode[] {
  const files: FileNode[] = [];
  const add = (path: Path, one: Node): void => {
    if (one.kind === 'file' && described.isExcluded?.(path) !== true) files.push(one);
  };
  if (node.kind !== 'directory') add(name, node);
  else for (const _ of eachNode(node, add));
  return files;
}
