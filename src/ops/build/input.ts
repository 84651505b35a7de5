import { notFound, OciError, systemCode } from '../../errors.ts';
import { textFileLimit } from '../../limits.ts';
import { readFoundText, readTextFile } from '../../store/disk/text-file.ts';
import { contextSelection } from '../../tree/ignore.ts';
import { encodeText } from '../../tree/path.ts';
import type { Selection } from '../../tree/selection.ts';
import { find, resolvePath } from '../../tree/walk.ts';
import { ContentFiles } from '../content-files.ts';
import type { Work } from '../options.ts';
import type { ContextPlace } from './place.ts';

/** The Dockerfile of a build, and what of its context is left out. */
export interface BuildInput {
  readonly file: string;
  readonly text: string;
  readonly selection: Selection | undefined;
  /** The patterns that `selection` is made of; empty where there are none. */
  readonly patterns: string;
}

/** What says which Dockerfile it is. */
interface Asked {
  readonly file?: string | undefined;
  readonly dockerfile?: string | undefined;
}

const names = ['Dockerfile', 'dockerfile', 'Containerfile'];
const inside = (directory: string, name: string): string =>
  directory === '' ? name : `${directory.replace(/\/+$/, '') || '/'}/${name}`.replace(/^\/\//, '/');

/** Reads a small text; undefined where nothing is there. */
type Read = (path: string) => Promise<string | undefined>;

/**
 * Reads the Dockerfile, which may lie outside a context that is a directory, and the patterns of what is left out: those beside it, else the
 * context's. Throws `not-found` where there is none.
 */
export async function readInput(place: ContextPlace, asked: Asked, work: Work): Promise<BuildInput> {
  if (place.kind === 'nothing') return { file: 'Dockerfile', text: place.text, selection: undefined, patterns: '' };
  const read = place.kind === 'directory' ? readFile : readMember(place, work);
  const root = place.kind === 'directory' ? place.path : '';
  const found =
    asked.dockerfile === undefined ? await findFile(root, asked.file, { read, signal: work.signal }) : undefined;
  const { file, text } = found ?? { file: 'Dockerfile', text: asked.dockerfile ?? '' };
  const beside = found === undefined ? [] : [`${file}.dockerignore`];
  for (const path of [...beside, inside(root, '.dockerignore')]) {
    const patterns = await read(path);
    if (patterns !== undefined) return { file, text, selection: contextSelection(patterns, path), patterns };
  }
  return { file, text, selection: undefined, patterns: '' };
}

async function findFile(
  root: string,
  file: string | undefined,
  { read, signal }: { readonly read: Read; readonly signal: AbortSignal | undefined },
): Promise<Pick<BuildInput, 'file' | 'text'>> {
  if (file !== undefined && read === readFile) return { file, text: await readTextFile(file, signal) };
  for (const path of file === undefined ? names.map(name => inside(root, name)) : [file]) {
    const text = await read(path);
    if (text !== undefined) return { file: path, text };
  }
  throw notFound(file ?? inside(root, 'Dockerfile'), 'a Dockerfile', 'option file names one that is called otherwise');
}

const readFile: Read = async path => {
  try {
    return readFoundText(path);
  } catch (error) {
    const code = error instanceof OciError ? systemCode(error.cause) : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
};

function readMember({ rootfs, spool }: Extract<ContextPlace, { kind: 'tar' }>, work: Work): Read {
  return async path => {
    const tree = await rootfs.tree();
    const file = find(tree, resolvePath(tree, encodeText(path)));
    if (file?.kind !== 'file') return undefined;
    const files = new ContentFiles(work);
    await files.addRootfs(rootfs, tree, work);
    const bytes = await files.read(file, { subject: path, limit: textFileLimit, layout: spool });
    return new TextDecoder().decode(bytes);
  };
}
