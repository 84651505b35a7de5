import { OciError } from '../../errors.ts';
import { statCost } from '../../stream/pace.ts';
import type { ByteString, Path } from '../../tree/node.ts';
import type { Parts } from '../../tree/parts.ts';
import { joinPath } from '../../tree/path.ts';
import { isOut, type Selection } from '../../tree/selection.ts';
import { Descent } from '../disk/descent.ts';
import { mountTest } from '../disk/mounts.ts';
import type { Native } from '../disk/native.ts';
import { kindOf, type Stat } from '../disk/stat.ts';
import { systemCode } from '../disk/system-error.ts';
import { isTemporaryName } from '../disk/temporary.ts';
import { isUnchanged } from './stat-index.ts';
import { absentBit, type Columns, rowKinds } from './stat-index-file.ts';

interface Looked {
  /** What of the directory the index is of. */
  readonly selection: Selection | undefined;
  readonly native: Native | undefined;
}

interface Looking extends Looked {
  readonly columns: Columns;
  readonly descent: Descent;
  readonly isMount: (path: Path, stat: Stat) => boolean;
}

const directoryKind = rowKinds.indexOf('directory');

/** The rows of what is in each directory, in the order of names. */
function rowsWithin({ count, numbers }: Columns): readonly (readonly number[] | undefined)[] {
  const within: number[][] = [];
  for (let row = 1; row < count; row++) {
    const parent = numbers.parent[row] ?? 0;
    const rows = within[parent];
    if (rows === undefined) within[parent] = [row];
    else rows.push(row);
  }
  return within;
}

/** A name that the index has not, because it is not looked at. */
function isPassedOver(path: Path, name: ByteString, { selection, descent, native }: Looking): boolean {
  if (isOut(selection, path)) return true;
  const isDirectory = (): boolean => kindOf(descent.stat(name, native)) === 'directory';
  return (isTemporaryName(name) && isDirectory()) || (selection?.has(path) === false && !isDirectory());
}

/** Whether a directory has the names that it had, and they and it are what they were; directories in it are looked at for themselves. */
function isSameDirectory(row: number, rows: readonly number[], looking: Looking): boolean {
  const { columns, descent, native, isMount } = looking;
  const { paths, kinds } = columns;
  const isSame = (at: number, name: ByteString): boolean => {
    const stat = descent.stat(name, native);
    return isUnchanged(columns, at, stat) && !isMount(paths[at] as Path, stat);
  };
  const directory = paths[row] as Path;
  descent.enter(directory);
  if (!isSame(row, '.')) return false;
  let next = 0;
  for (const name of descent.names().sort()) {
    const path = joinPath(directory, name);
    const at = rows[next];
    if (at === undefined || paths[at] !== path) {
      if (!isPassedOver(path, name, looking)) return false;
      continue;
    }
    next++;
    if (kinds[at] !== directoryKind && ((kinds[at] ?? absentBit) >= absentBit || !isSame(at, name))) return false;
  }
  descent.check();
  return next === rows.length;
}

/**
 * Whether a directory is by name and stat what an index says of it: then nobody has to make its tree. False for whatever cannot be looked at, and
 * where something is mounted in it: who walks it says why. In parts.
 */
export function* isAsIndexed(root: string, columns: Columns, looked: Looked): Parts<boolean> {
  try {
    const descent = new Descent(root);
    try {
      const looking = { ...looked, columns, descent, isMount: mountTest(root) };
      const within = rowsWithin(columns);
      for (let row = 0; row < columns.count; row++) {
        if (columns.kinds[row] !== directoryKind) continue;
        const rows = within[row] ?? [];
        if (!isSameDirectory(row, rows, looking)) return false;
        yield (rows.length + 1) * statCost;
      }
      return true;
    } finally {
      descent.close();
    }
  } catch (error) {
    if (error instanceof OciError || systemCode(error) !== undefined) return false;
    throw error;
  }
}
