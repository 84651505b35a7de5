import type { BodySource } from '../codec/body-source.ts';
import { readLayer } from '../codec/layer-reader.ts';
import { createContentHash } from '../engine/content-hash.ts';
import { invalid } from '../errors.ts';
import type { ComparableRootfs } from '../graph/comparable-rootfs.ts';
import { layerBytes, layerOrigin } from '../graph/layer-bytes.ts';
import { openImageRootfs } from '../graph/rootfs-image.ts';
import type { ImageSource } from '../graph/source.ts';
import type { Layer } from '../spec/objects.ts';
import { SpooledBodies } from '../store/rootfs/spooled-bodies.ts';
import { Pace } from '../stream/pace.ts';
import type { FileNode, Meta, Path, Tree } from '../tree/node.ts';
import { each, type Parts } from '../tree/parts.ts';
import { filesOf } from '../tree/walk.ts';
import type { Work } from './options.ts';

/** Where the contents of one source of files are. */
interface Contents extends BodySource {
  /** Each content is read once, under whatever names it comes. */
  digests(files: Iterable<FileNode>): Promise<ReadonlyMap<FileNode, string>>;
}

/**
 * The contents of files, whatever they are called by then and whoever owns them: those of root filesystems, of images and of
 * archives, and those that a caller has in memory. State: what has been opened.
 */
export class ContentFiles implements BodySource {
  readonly #work: Work;
  readonly #contents = new Map<string, Contents>();
  #inline = 0;

  constructor(work: Work = {}) {
    this.#work = work;
  }

  /** A root filesystem of the disk, of which `tree` is what is looked at. */
  async addRootfs(rootfs: ComparableRootfs & BodySource, tree: Tree, { signal }: Work): Promise<void> {
    /** By source and member. */
    const origins = new Map<string, Map<number, readonly [Path, FileNode]>>();
    const add = (origin: readonly [Path, FileNode]): void => {
      const { source, member } = origin[1].content;
      const known = origins.get(source);
      if (known === undefined) origins.set(source, new Map([[member, origin]]));
      else known.set(member, origin);
    };
    await new Pace(signal).run(each(filesOf(tree), add));
    const { prepare } = rootfs;
    const own = (file: FileNode): readonly [Path, FileNode] =>
      origins.get(file.content.source)?.get(file.content.member) ?? ['', file];
    const contents: Contents = {
      body: (_path, node) => rootfs.body(...own(node)),
      fill: (_path, node, room) => rootfs.fill?.(...own(node), room) === true,
      async digests(files) {
        const pace = new Pace(signal);
        const owns = new Set<FileNode>();
        await pace.run(each(files, file => void owns.add(own(file)[1])));
        const found = await rootfs.digests(owns);
        const digests = new Map<FileNode, string>();
        await pace.run(each(files, file => void digests.set(file, found.get(own(file)[1]) ?? '')));
        return digests;
      },
      ...(prepare === undefined
        ? {}
        : {
            prepare: async (files, layout) => {
              const owns: FileNode[] = [];
              await new Pace(signal).run(each(files, file => void owns.push(own(file)[1])));
              return prepare(owns, layout);
            },
          }),
    };
    for (const source of origins.keys()) this.#contents.set(source, contents);
  }

  /** Whether a file's contents are among these. */
  has({ content }: FileNode): boolean {
    return this.#contents.has(content.source);
  }

  addLayers(source: ImageSource, layers: readonly Layer[]): void {
    const rootfs = openImageRootfs(source, layers);
    for (const layer of layers) {
      // Whoever has prepared bodies of it goes on with those.
      if (this.#contents.has(layer.diffID)) continue;
      const spool = new SpooledBodies();
      this.#contents.set(layer.diffID, {
        body: (_path, node) => spool.body(node, source.subject),
        digests: async files => {
          const pace = new Pace(this.#work.signal);
          const single = new Map<number, FileNode>();
          await pace.run(each(files, file => void single.set(file.content.member, file)));
          const found = await rootfs.digests(new Set(single.values()));
          const digests = new Map<FileNode, string>();
          const digestOf = ({ content }: FileNode): string => found.get(single.get(content.member) as FileNode) ?? '';
          await pace.run(each(files, file => void digests.set(file, digestOf(file))));
          return digests;
        },
        prepare: (files, layout) =>
          spool.fill(
            sink => readLayer(layerBytes(source, layer), layerOrigin(source, layer), sink),
            new Set(Array.from(files, file => file.content.member)),
            layout,
          ),
      });
    }
  }

  /** A file of these bytes. */
  inline(bytes: Uint8Array, meta: Meta): FileNode {
    const source = `inline:${this.#inline++}`;
    this.#contents.set(source, {
      body: () => (bytes.length === 0 ? [] : [bytes]),
      async digests(files) {
        const hasher = createContentHash();
        hasher.update(bytes);
        const digest = hasher.digest();
        return new Map(Array.from(files, file => [file, digest] as const));
      },
    });
    return { kind: 'file', meta, size: bytes.length, content: { source, member: 0 } };
  }

  body(path: Path, node: FileNode): Iterable<Uint8Array> {
    const contents = this.#contents.get(node.content.source);
    if (contents === undefined) throw new Error(`a file of no source: ${path}`);
    return contents.body(path, node);
  }

  fill(path: Path, node: FileNode, room: Uint8Array): boolean {
    return this.#contents.get(node.content.source)?.fill?.(path, node, room) === true;
  }

  async prepare(files: Iterable<FileNode>, layout: string): Promise<() => void> {
    const closes: (() => void)[] = [];
    const close = (): void => {
      for (const each of closes.splice(0)) each();
    };
    try {
      for (const [source, own] of await new Pace(this.#work.signal).run(bySource(files))) {
        const prepared = await this.#contents.get(source)?.prepare?.(own, layout);
        if (prepared !== undefined) closes.push(prepared);
      }
      return close;
    } catch (error) {
      close();
      throw error;
    }
  }

  async digests(files: ReadonlySet<FileNode>): Promise<ReadonlyMap<FileNode, string>> {
    const pace = new Pace(this.#work.signal);
    const digests: ReadonlyMap<FileNode, string>[] = [];
    for (const [source, own] of await pace.run(bySource(files)))
      digests.push((await this.#contents.get(source)?.digests(own)) ?? new Map());
    const [first = new Map(), ...others] = digests;
    if (others.length === 0) return first;
    const all = new Map(first);
    for (const one of others) await pace.run(each(one, ([file, digest]) => void all.set(file, digest)));
    return all;
  }

  /** A small file whole. Throws `invalid` where it is larger than the limit. */
  async read(
    file: FileNode,
    { subject, limit, layout }: { subject: string; limit: number; layout: string },
  ): Promise<Uint8Array> {
    if (file.size > limit) throw invalid(subject, `at most ${limit} bytes`, `${file.size}`);
    const close = await this.prepare([file], layout);
    try {
      return Buffer.concat(Array.from(this.body('', file), chunk => Uint8Array.from(chunk)));
    } finally {
      close();
    }
  }
}

function* bySource(files: Iterable<FileNode>): Parts<ReadonlyMap<string, FileNode[]>> {
  const groups = new Map<string, FileNode[]>();
  yield* each(files, file => {
    const { source } = file.content;
    const known = groups.get(source);
    if (known === undefined) groups.set(source, [file]);
    else known.push(file);
  });
  return groups;
}
