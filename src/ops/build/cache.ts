import type { Step } from '../../dockerfile/plan/plan.ts';
import { OciError } from '../../errors.ts';
import { readManifest } from '../../graph/image-reader.ts';
import { proveLayers } from '../../graph/layer-bytes.ts';
import type { ImageSource, ImageStore } from '../../graph/source.ts';
import { emptyBlob } from '../../image/attach.ts';
import { type CacheRecord, cacheKeyOf, cacheManifest, parseCacheRecord, withRecords } from '../../image/build-cache.ts';
import type { Digest } from '../../spec/digest.ts';
import type { Descriptor, Document, ImageIndex, Manifest } from '../../spec/objects.ts';
import { drain } from '../../stream/drain.ts';
import { once } from '../../stream/once.ts';
import type { BuildOptions } from './options.ts';

/** A record that was found, and where its layer can be read. */
interface Cached extends CacheRecord {
  readonly source: ImageSource;
}

/** An entry of an index that is the record of a key. */
interface Listed {
  readonly entry: Descriptor;
  readonly source: ImageSource;
}

/** Which steps are looked for in a cache, by the options of a build. */
export function mayBeCached({
  noCache,
  noCacheStages,
}: Pick<BuildOptions, 'noCache' | 'noCacheStages'>): (step: Step) => boolean {
  const uncached = new Set(noCacheStages?.map(name => name.toLowerCase()));
  return ({ stage }) => noCache !== true && !uncached.has(stage.toLowerCase());
}

/**
 * The layers that steps of builds have made, by their keys, in any number of layouts and archives. State: what this build has found and made, and
 * what was wrong with records that are not used.
 */
export class BuildCache {
  readonly #listed = new Map<string, Listed[]>();
  readonly #used = new Map<Digest, CacheRecord>();
  /** What the steps of this build say. */
  readonly #said = new Set<string>();
  /** Keys of what has been made that are still to be known. */
  #awaited: Promise<unknown> = Promise.resolve();
  /** The place that layers are brought to: what is there already has been there, and is only held to its digest. */
  readonly #store: ImageStore;
  readonly warnings: string[] = [];

  readonly #keeps: boolean;

  /** A store of a dry run keeps nothing that could be read again. */
  constructor(store: ImageStore, { dryRun }: { readonly dryRun: boolean }) {
    this.#store = store;
    this.#keeps = !dryRun;
  }

  /** Whether anything is known of any step. */
  get hasRecords(): boolean {
    return this.#listed.size > 0;
  }

  /** Records of another place count after those of the places that were added before. */
  async add(source: ImageSource): Promise<void> {
    for (const entry of (await source.index()).value.manifests) {
      const key = cacheKeyOf(entry);
      if (key === undefined) continue;
      const listed = this.#listed.get(key) ?? [];
      listed.push({ entry, source });
      this.#listed.set(key, listed);
    }
  }

  /** Whether something may be found for a step that says this: where not, its key can wait until it is done. */
  mayHave(essence: string): boolean {
    return this.#listed.size > 0 || this.#said.has(essence);
  }

  /** What a step of this key made, proved and brought to the store. A record that is damaged or another's is not used, and told of. */
  async find(key: Digest): Promise<Cached | undefined> {
    await this.#awaited;
    const used = this.#used.get(key);
    if (used !== undefined && this.#keeps) return { ...used, source: this.#store };
    for (const listed of this.#listed.get(key) ?? []) {
      try {
        return await this.#taken(key, listed);
      } catch (error) {
        if (!(error instanceof OciError) || error.code === 'conflict') throw error;
        this.warnings.push(`${listed.source.subject}: the cached step ${key} is not used: ${error.message}`);
      }
    }
    return undefined;
  }

  async #taken(key: Digest, { entry, source }: Listed): Promise<Cached> {
    const manifest = await readManifest(source, entry);
    const record = parseCacheRecord(manifest.value, key, `${source.subject}: ${entry.digest}`);
    const { layer } = record;
    if (await this.#store.has(layer.descriptor)) await drain(this.#store.open(layer.descriptor));
    else await proveLayers(source, [layer]);
    await this.#store.bring(source, layer.descriptor);
    return { ...record, source };
  }

  /** Keeps what a step made, or one of its keys found, and what the step says. Its keys may be known later; whoever has them answers for them. */
  note(keys: Promise<readonly Digest[]>, record: CacheRecord, essence: string): void {
    this.#said.add(essence);
    const known = (all: readonly Digest[]): void => {
      for (const key of all) this.#used.set(key, record);
    };
    // In the order of the notes, whichever key is known first: of two records of one key the later stays.
    this.#awaited = this.#awaited.then(() => keys).then(known, () => undefined);
  }

  /** Puts what this build has used and made into a store; what comes back puts it into its index. */
  async write(into: Pick<ImageStore, 'put' | 'bring'>): Promise<(index: ImageIndex) => ImageIndex> {
    await this.#awaited;
    const records: Document<Manifest>[] = [];
    // Steps end in any order, and what is written is the same each time.
    for (const [key, record] of [...this.#used].sort(([one], [other]) => (one < other ? -1 : 1))) {
      const document = cacheManifest(key, record);
      await into.bring(this.#store, record.layer.descriptor);
      await into.put(once(document.bytes));
      records.push(document);
    }
    if (records.length > 0) await into.put(once(emptyBlob));
    return index => withRecords(index, records);
  }
}
