import type { Keeping } from '../graph/kept-bodies.ts';
import { namesOfIds } from '../image/user.ts';
import { usersLimit } from '../limits.ts';
import type { Operand } from '../store/parse-operand.ts';
import { Pace } from '../stream/pace.ts';
import { readWhole } from '../stream/read-whole.ts';
import { linkGroups } from '../tree/links.ts';
import type { Path } from '../tree/node.ts';
import type { Parts } from '../tree/parts.ts';
import { textOf } from '../tree/path.ts';
import { find, reachedIn } from '../tree/walk.ts';
import { path, severalOf } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import { rowMaker } from './file-row.ts';
import { eachIn, findIn, type Look, lookInto } from './look.ts';
import type { FilesOptions } from './look-options.ts';
import type { FileRow, FilesResult } from './look-results.ts';
import { allOf, answers, type Several } from './several.ts';

const lists: readonly Path[] = ['etc/passwd', 'etc/group'];
/** The lists of users and groups, where they are files. */
const keepingLists: Keeping = (path, { size }) => (size <= usersLimit && lists.includes(path) ? {} : undefined);

/** A list of users or groups. One that is no such list, as in a hostile image, names nobody, and is said. */
async function usersIn(look: Look, path: Path, warnings: string[]): Promise<string> {
  const place = reachedIn(look.tree, path);
  const node = place === undefined ? undefined : find(look.tree, place);
  const isList = node?.kind === 'file' && node.size <= usersLimit;
  if (place === undefined || (node?.kind === 'file' && !isList))
    warnings.push(
      `${look.subject}: /${path}: expected a file of at most ${usersLimit} bytes: owners have numbers alone`,
    );
  if (place === undefined || !isList) return '';
  const options = { limit: usersLimit, subject: `${look.subject}: /${textOf(place)}` };
  return Buffer.from(await readWhole(() => look.bytesOf([{ path: place, node }]), node, options)).toString('utf8');
}

const depthOf = (path: Path): number => (path === '' ? 0 : path.split('/').length);

/** How many levels below a path are listed. */
function levelsOf({ recursive, depth }: FilesOptions): number {
  return depth ?? (recursive === true ? Number.POSITIVE_INFINITY : 1);
}

type Found = ReturnType<typeof findIn>;

/** Which paths are asked for: whatever is not a directory is listed itself. */
class Asked {
  readonly #files = new Set<Path>();
  readonly #directories: (readonly [Path, number])[] = [];

  constructor(found: readonly Found[], options: FilesOptions) {
    for (const { path, node } of found) {
      if (node.kind === 'directory') this.#directories.push([path, depthOf(path) + levelsOf(options)]);
      else this.#files.add(path);
    }
  }

  has(path: Path): boolean {
    if (this.#files.has(path)) return true;
    const depth = depthOf(path);
    return this.#directories.some(
      ([above, deepest]) => depth <= deepest && (above === '' || path.startsWith(`${above}/`)),
    );
  }
}

function* rowsOf(look: Look, asked: Asked, names: ReturnType<typeof namesOfIds>): Parts<readonly FileRow[]> {
  const groups = yield* linkGroups(look.tree);
  const rows: FileRow[] = [];
  const make = rowMaker();
  yield* eachIn(look, (path, node, layer) => {
    if (!asked.has(path)) return;
    const links = node.kind === 'directory' ? 1 : (groups.get(node)?.paths.length ?? 1);
    const { uid, gid } = node.meta;
    const owner = { user: names.users.get(uid) ?? null, group: names.groups.get(gid) ?? null };
    rows.push(make(path, node, { ...owner, links, layer }));
  });
  return rows;
}

/**
 * What lies in an image's merged root filesystem, in a bundle, a directory or a tar: a row for each file in the directories that
 * `paths` name (the root where there are none), for a path that is no directory a row of its own. Symbolic links above a path are followed, and the
 * last name too unless `long`. Rows are in the order of path bytes, a directory before what is in it. Users and groups have the names of
 * the root filesystem's own `/etc/passwd` and `/etc/group`. Throws `not-found` for a path that is not there, unless `errors` takes that.
 */
export async function files(
  rootfs: Operand,
  paths: Several<string> = [],
  options: FilesOptions = {},
): Promise<FilesResult> {
  checkCall('files', { rootfs: ['operand', rootfs], paths: [severalOf(path), paths] }, options);
  const look = await lookInto(rootfs, options, keepingLists);
  const last = options.long === true ? 'kept' : 'followed';
  const texts = allOf(paths);
  const found = await answers(texts.length === 0 ? ['/'] : texts, options, text => findIn(look, text, last));
  const asked = new Asked(found, options);
  const odd: string[] = [];
  const [passwd, group] = [await usersIn(look, 'etc/passwd', odd), await usersIn(look, 'etc/group', odd)];
  const names = namesOfIds({ passwd, group });
  const rows = await new Pace(options.signal).run(rowsOf(look, asked, names));
  return { files: rows, layers: look.layers, warnings: [...look.warnings, ...odd] };
}
