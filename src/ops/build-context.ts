import { notFound, OciError, systemCode, unsupported } from '../errors.ts';
import { readTextFile } from '../store/disk/text-file.ts';
import { isDirectory, isFile } from '../store/open-source.ts';
import { openRootfsDirectory, type RootfsDirectory } from '../store/rootfs/directory.ts';
import { contextSelection } from '../tree/ignore.ts';
import type { Tree } from '../tree/node.ts';
import type { Selection } from '../tree/selection.ts';
import { ContentFiles } from './content-files.ts';
import type { Work } from './options.ts';

/** A directory that a build takes files from. */
export interface BuildContext {
  readonly directory: string;
  readonly rootfs: RootfsDirectory;
  readonly tree: Tree;
}

/** The Dockerfile of a build, and what of its context is left out. */
export interface BuildInput {
  readonly file: string;
  readonly text: string;
  readonly selection: Selection | undefined;
}

interface Contexts {
  readonly input: BuildInput;
  /** The directories of named contexts. */
  readonly directories: ReadonlyMap<string, string>;
  readonly options: Work;
}

const names = ['Dockerfile', 'dockerfile', 'Containerfile'];
const inside = (directory: string, name: string): string =>
  `${directory.replace(/\/+$/, '') || '/'}/${name}`.replace(/^\/\//, '/');

/** Throws for a context that is none: what is on the network, or not there, or no directory. */
export function checkContext(context: string): void {
  if (/^(https?|git|ssh):\/\/|^git@/.test(context))
    throw unsupported(context, 'a directory', 'a URL', { hint: 'ocikit builds without a network: fetch it first' });
  if (isDirectory(context)) return;
  if (isFile(context)) throw unsupported(context, 'a directory', 'a file', { hint: 'unpack it first' });
  throw notFound(context, 'a directory to build from');
}

/** Reads the Dockerfile, which may lie outside the context, and the patterns of what is left out: those beside it, else the context's. */
export function readInput(context: string, file: string | undefined): BuildInput {
  const path = file ?? names.map(name => inside(context, name)).find(isFile);
  if (path === undefined)
    throw notFound(inside(context, 'Dockerfile'), 'a Dockerfile', 'option file names one that is called otherwise');
  const text = readTextFile(path);
  const ignore = [`${path}.dockerignore`, inside(context, '.dockerignore')].map(each => ({ each, text: textOf(each) }));
  const found = ignore.find(each => each.text !== undefined);
  return {
    file: path,
    text,
    selection: found?.text === undefined ? undefined : contextSelection(found.text, found.each),
  };
}

function textOf(path: string): string | undefined {
  try {
    return readTextFile(path);
  } catch (error) {
    const code = error instanceof OciError ? systemCode(error.cause) : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}

/** The directories that a build takes files from, each read when it is first asked for. State: which have been. */
export class OpenContexts {
  readonly files: ContentFiles = new ContentFiles();
  readonly #opened = new Map<string, Promise<BuildContext>>();
  readonly #context: string;
  readonly #from: Contexts;

  constructor(context: string, from: Contexts) {
    this.#context = context;
    this.#from = from;
  }

  /** A named context, or the build's own. */
  get(name: string | undefined): Promise<BuildContext> {
    const key = name ?? '';
    const known = this.#opened.get(key) ?? this.#open(name);
    this.#opened.set(key, known);
    return known;
  }

  async #open(name: string | undefined): Promise<BuildContext> {
    const { input, directories, options } = this.#from;
    const directory = name === undefined ? this.#context : (directories.get(name) as string);
    const selection = name === undefined ? input.selection : undefined;
    const rootfs = openRootfsDirectory(directory, { selection, work: options });
    const tree = await rootfs.tree();
    await this.files.addRootfs(rootfs, tree, options);
    return { directory, rootfs, tree };
  }

  /** What was wrong with what has been read. */
  async warnings(): Promise<readonly string[]> {
    return (await Promise.all(this.#opened.values())).flatMap(({ rootfs }) => rootfs.warnings);
  }

  close(): void {
    for (const one of this.#opened.values())
      one.then(
        ({ rootfs }) => rootfs.close(),
        // One that could not be opened has told why.
        () => undefined,
      );
  }
}
