import type { BodySource } from '../../codec/body-source.ts';
import type { ComparableRootfs } from '../../graph/comparable-rootfs.ts';
import { openDirectoryIndex } from '../../store/directory-index.ts';
import { writeFileAtomic } from '../../store/disk/file-target.ts';
import type { Stat } from '../../store/disk/stat.ts';
import { openRootfsDirectory, type RootfsDirectory } from '../../store/rootfs/directory.ts';
import { flow } from '../../stream/flow.ts';
import { memoized } from '../../stream/memoized.ts';
import { Pace } from '../../stream/pace.ts';
import { emptyTree, type Node, type Tree } from '../../tree/node.ts';
import { textOf } from '../../tree/path.ts';
import type { Selected } from '../../tree/select.ts';
import { listedBy, type Selection } from '../../tree/selection.ts';
import { ContentFiles } from '../content-files.ts';
import type { Work } from '../options.ts';
import { withoutOwn } from '../own-paths.ts';
import type { BuildOptions } from './options.ts';
import type { ContextPlace } from './place.ts';

/** What a build takes files from. */
export interface BuildContext {
  readonly tree: () => Promise<Tree>;
  /** What a text asks of its files, as it was said where all is as it was, else as `make` says it. */
  readonly said: (asked: string, make: () => Promise<string>) => Promise<string>;
  /** What leaves a path out. */
  readonly why: Selection['why'];
  /** A file of it as one of the disk, and what messages call that. */
  readonly fileOf: (one: Selected) => Promise<{ readonly file: string; readonly called: string }>;
  readonly warnings: () => readonly string[];
  /** Keeps what has been read, for the next build. */
  readonly keep: () => Promise<void>;
  readonly close: () => void;
}

/** Less than this (bytes that are read meanwhile) is not worth to be kept. */
const worthKeeping = 1 << 20;
const nothing = async (): Promise<void> => undefined;
const always: BuildContext['said'] = (_asked, make) => make();

interface Contexts {
  readonly place: ContextPlace;
  /** What of the build's own context is looked at. */
  readonly selection: Selection | undefined;
  /** The patterns that say so. */
  readonly patterns: string;
  /** The directories of named contexts. */
  readonly directories: ReadonlyMap<string, string>;
  /** What the build writes meanwhile, and so no part of any. */
  readonly written: readonly string[];
  readonly options: Work & Pick<BuildOptions, 'contextCache' | 'dryRun'>;
}

/** What a build takes files from, each read when it is first asked for. State: what has been. */
export class OpenContexts {
  readonly files: ContentFiles;
  readonly #opened = new Map<string, Promise<BuildContext>>();
  readonly #from: Contexts;

  constructor(from: Contexts) {
    this.#from = from;
    this.files = new ContentFiles(from.options);
  }

  /** A named context, or the build's own. */
  get(name: string | undefined): Promise<BuildContext> {
    const key = name ?? '';
    const known = this.#opened.get(key) ?? this.#open(name);
    this.#opened.set(key, known);
    return known;
  }

  async #open(name: string | undefined): Promise<BuildContext> {
    const { place, directories } = this.#from;
    const { selection, patterns } = name === undefined ? this.#from : { selection: undefined, patterns: '' };
    if (name !== undefined) return this.#directory(directories.get(name) as string, { selection, patterns });
    if (place.kind === 'directory') return this.#directory(place.path, { selection, patterns });
    if (place.kind === 'tar') return this.#tar(place, selection);
    return {
      tree: async () => emptyTree(),
      said: always,
      why: undefined,
      fileOf: async ({ path }) => ({ file: path, called: path }),
      warnings: () => [],
      keep: nothing,
      close: () => undefined,
    };
  }

  async #directory(directory: string, asked: Pick<Contexts, 'selection' | 'patterns'>): Promise<BuildContext> {
    const { contextCache, dryRun, ...work } = this.#from.options;
    const { written } = this.#from;
    const { selection, own, warnings } = withoutOwn(directory, {
      ...asked,
      written,
      what: 'context',
      isClearing: true,
    });
    const patterns = [asked.patterns, ...own].join('\0');
    const index =
      contextCache === undefined
        ? undefined
        : await openDirectoryIndex(directory, { cache: contextCache, part: patterns, selection, signal: work.signal });
    let rootfs: RootfsDirectory | undefined;
    const tree = memoized(async () => {
      const { known, digests } = (await index?.before()) ?? {};
      rootfs = openRootfsDirectory(directory, { selection, work, known, digests, isNoting: true });
      return this.#added(rootfs);
    });
    const said: Record<string, string> = {};
    return {
      tree,
      async said(asked, make) {
        const before = index?.said[asked];
        if (before !== undefined && (await index?.isAsBefore())) return before;
        said[asked] = await make();
        return said[asked];
      },
      why: selection?.why,
      fileOf: async ({ path }) => {
        const file = `${directory}/${textOf(path)}`;
        return { file, called: file };
      },
      warnings: () => [...warnings, ...(rootfs?.warnings ?? [])],
      async keep() {
        if (index === undefined || rootfs === undefined || dryRun === true) return;
        const { digests, cost } = rootfs.hashed;
        const isMore = Object.keys(said).length > 0 && (await index.isAsBefore());
        if (cost < worthKeeping && !isMore) return;
        const statOf = (node: Node): Stat | undefined => rootfs?.statOf(node);
        await index.keep({ tree: await tree(), digests, statOf, said: { ...(isMore ? index.said : {}), ...said } });
      },
      close: () => rootfs?.close(),
    };
  }

  async #tar(
    { subject, rootfs, spool }: Extract<ContextPlace, { kind: 'tar' }>,
    selection: Selection | undefined,
  ): Promise<BuildContext> {
    const { options } = this.#from;
    const whole = await this.#added(rootfs);
    let count = 0;
    return {
      tree: memoized(async () =>
        selection === undefined ? whole : new Pace(options.signal).run(listedBy(whole, selection)),
      ),
      said: always,
      why: selection?.why,
      fileOf: async ({ node, path }) => {
        const file = `${spool}/member-${count++}`;
        const found = { file, called: `${subject}: ${textOf(path)}` };
        if (node.kind !== 'file') return found;
        const close = await this.files.prepare([node], spool);
        await writeFileAtomic(file, flow(this.files.body(path, node), options), { mode: 0o600 }).finally(close);
        return found;
      },
      warnings: () => rootfs.warnings,
      keep: nothing,
      close: () => undefined,
    };
  }

  async #added(rootfs: ComparableRootfs & BodySource): Promise<Tree> {
    const tree = await rootfs.tree();
    await this.files.addRootfs(rootfs, tree, this.#from.options);
    return tree;
  }

  /** What was wrong with what has been read. */
  async warnings(): Promise<readonly string[]> {
    return (await Promise.all(this.#opened.values())).flatMap(({ warnings }) => warnings());
  }

  /** Keeps what of directories has been read. */
  async keep(): Promise<void> {
    if (this.#from.options.signal?.aborted === true) return;
    for (const one of await Promise.allSettled(this.#opened.values()))
      if (one.status === 'fulfilled') await one.value.keep();
  }

  close(): void {
    for (const one of this.#opened.values())
      one.then(
        ({ close }) => close(),
        // One that could not be opened has told why.
        () => undefined,
      );
  }
}
