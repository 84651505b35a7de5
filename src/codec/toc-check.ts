import { nodeEngine } from '../engine/node.ts';
import { invalid } from '../errors.ts';
import { tableLimit } from '../limits.ts';
import type { Json } from '../spec/objects.ts';
import { once } from '../stream/once.ts';
import type { LayerEntry, Node, Path } from '../tree/node.ts';
import { encodeText, exactTextOf, parsePath, shortTextOf } from '../tree/path.ts';
import { encodeWhiteout } from '../tree/whiteout.ts';
import { decompress } from './compression.ts';
import { ContentHashes } from './content-hashes.ts';
import { isAdded, tocName } from './estargz-names.ts';
import type { LayerSink } from './layer-reader.ts';
import type { TarMember } from './tar-member.ts';
import { typeWord } from './toc-row.ts';

/** What a table of contents says of an entry, as far as a tar says it as well; zero and nothing are absent. */
type Said = Readonly<Record<string, Json>>;

type Members = Readonly<Record<string, Json>>;

const compared = ['type', 'size', 'mode', 'uid', 'gid', 'linkName', 'devMajor', 'devMinor', 'digest'] as const;

const isMembers = (value: Json | undefined): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNothing = (value: Json | undefined): boolean => value === undefined || value === 0 || value === '';

/** The type bits that some writers put beside a mode are no part of it. */
const modeOf = (mode: Json | undefined): Json | undefined => (typeof mode === 'number' ? mode & 0o7777 : mode);

function saidOfNode(node: Node): Said {
  const { mode, uid, gid } = node.meta;
  const said = { mode, uid, gid };
  switch (node.kind) {
    case 'directory':
      return { ...said, type: 'dir' };
    case 'symlink':
      return { ...said, type: 'symlink', linkName: exactTextOf(node.target) ?? '' };
    case 'device':
      return { ...said, type: node.type, devMajor: node.major, devMinor: node.minor };
    case 'fifo':
      return { ...said, type: 'fifo' };
    case 'file':
      return { ...said, type: 'reg', size: node.size };
  }
}

/** A table as zstd:chunked stores it, decompressed. Throws `invalid` for what is no zstd, or too large. */
export async function unpackedTable(stored: Uint8Array, subject: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decompress(once(stored), 'zstd', subject)) {
    size += chunk.length;
    if (size > tableLimit) throw invalid(subject, `a table of contents of at most ${tableLimit} bytes`, 'more');
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

/** Holds a lazy layer's table of contents to its tar, which passes by. State: what has come of the tar. */
export class TocCheck implements LayerSink {
  readonly #entries = new Map<Path, LayerEntry>();
  /** A mark is one by its name, whatever the tar has under it. */
  readonly #markTypes = new Map<LayerEntry, string>();
  #type = 'reg';
  /** Tables have the sha256 itself, whatever zeros a file has. */
  readonly #hashes = new ContentHashes(() => nodeEngine.createHash('sha256'));
  #isTable = false;
  #table: Buffer[] = [];

  member(member: TarMember): void {
    this.#type = typeWord(member);
  }

  entry(entry: LayerEntry): undefined {
    const isMark = entry.kind === 'whiteout' || entry.kind === 'opaque';
    if (isMark) this.#markTypes.set(entry, this.#type);
    this.#entries.set(isMark ? encodeWhiteout(entry) : entry.path, entry);
    this.#hashes.begin(entry);
    this.#isTable = false;
    if (entry.path !== tocName || entry.kind !== 'node' || entry.node.kind !== 'file') return;
    this.#isTable = entry.node.size <= tableLimit;
    this.#table = [];
  }

  data(chunk: Uint8Array): void {
    this.#hashes.update(chunk);
    if (this.#isTable) this.#table.push(Buffer.from(chunk));
  }

  end(): void {
    this.#hashes.end();
  }

  /** The bytes of the table where it is a file of the tar; none where there is no such file, or one that is too large to be looked at. */
  get table(): Uint8Array {
    return Buffer.concat(this.#table);
  }

  /** Where the table says otherwise than the tar, a sentence each; the landmarks and the table itself need not be in it. */
  faults(table: Json): readonly string[] {
    const entries = isMembers(table) ? table['entries'] : undefined;
    if (!Array.isArray(entries)) return ['the table of contents has no entries'];
    const rows = new Map<Path, Members>();
    const faults: string[] = [];
    for (const row of entries) {
      if (!isMembers(row) || row['type'] === 'chunk') continue;
      const path = parsePath(encodeText(String(row['name'])), 'table of contents');
      if (rows.has(path)) faults.push(`the table of contents has '${shortTextOf(path)}' twice`);
      rows.set(path, row);
    }
    for (const [path, row] of rows) for (const fault of this.#faultsOf(path, row)) faults.push(fault);
    for (const path of this.#entries.keys())
      if (!rows.has(path) && !isAdded(path)) faults.push(`'${shortTextOf(path)}' is not in the table of contents`);
    return faults;
  }

  #faultsOf(path: Path, row: Members): readonly string[] {
    const entry = this.#entries.get(path);
    if (entry === undefined) return [`'${shortTextOf(path)}' is in the table of contents and not in the tar`];
    const said = this.#saidOf(entry);
    const other = compared.find(key => {
      if (!(key in said) && (entry.kind !== 'node' || key === 'digest')) return false;
      const [mine, its] = [said[key], key === 'mode' ? modeOf(row[key]) : row[key]];
      return key === 'linkName' && entry.kind === 'hardlink'
        ? parsePath(encodeText(String(its)), 'table of contents') !== entry.target
        : !(isNothing(mine) && isNothing(its)) && mine !== its;
    });
    if (other === undefined) return [];
    return [`'${shortTextOf(path)}': the table of contents says another ${other} than the tar`];
  }

  /** Marks and hardlinks have attributes in a tar that a layer's entries do not keep. */
  #saidOf(entry: LayerEntry): Said {
    if (entry.kind === 'hardlink') return { type: 'hardlink', linkName: '' };
    if (entry.kind !== 'node') return { type: this.#markTypes.get(entry) ?? 'reg' };
    const said = saidOfNode(entry.node);
    const digest = entry.node.kind === 'file' ? this.#hashes.digests.get(entry.node) : undefined;
    // Of an empty file one format says the digest and the other does not.
    return digest === undefined || said['size'] === 0 ? said : { ...said, digest: `sha256:${digest}` };
  }
}
