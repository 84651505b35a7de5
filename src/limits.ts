/*
 * Everything that ocikit takes only up to a size: what is larger is refused by an error that names the limit, before memory or
 * time are spent on it. What a system or a format fixes is said so; the rest is far above what images have. CONTRIBUTING.md,
 * "Limits", has the same table for people. What messages cut short is no limit, and what is on the user's own disk has none.
 */

/** Bytes of a manifest, a config or a nested index: what registries take (distribution-spec asks for 4 MiB). */
export const documentLimit: number = 4 << 20;
/** Bytes of `index.json`, and so of its entries: layouts of whole registries have some 100,000. */
export const indexLimit: number = 32 << 20;
/** Bytes of `oci-layout`, which has one field. */
export const headerLimit: number = 64 << 10;
/** Depth of JSON: image-spec needs six, labels none. */
export const jsonDepthLimit = 100;
/** Values of a document up to which all that is wrong is listed; of more, only the first: ajv's time grows with their square. */
export const listedLimit = 10_000;
/** Entries of an index that are no descriptors and do no harm to the others: of more, the index is refused. */
export const oddEntryLimit = 10_000;
/** Characters of a digest; the longest registered one has 135. */
export const digestLimit = 512;
/** Characters of a name in an index. */
export const refNameLimit = 1024;
/** Characters of a repository's name: what docker takes. */
export const repositoryLimit = 255;
/** Characters of an operand: each colon in it may end a path that has to be looked for. */
export const operandLimit = 8192;

/** How deep indexes may lie within indexes. */
export const depthLimit = 8;
/** Different blobs of one walk, documents and others. */
export const blobLimit: number = 200_000;
/** Images of a docker-archive. */
export const imageLimit = 1000;
/** Members of an archive: a layout of more blobs is a mistake or an attack. */
export const memberLimit: number = 200_000;
/** Links after one another from a member of an archive to its bytes. */
export const archiveLinkLimit = 16;

/** Bytes of one extension header (PAX, GNU long name): what Go reads. */
export const extensionLimit: number = 1 << 20;
/** Bytes of global PAX records: they count for every member again. */
export const globalLimit = 4096;
/** Extension headers before one member. */
export const extensionCountLimit = 64;
/** Pieces of a sparse file: a map of the 1 MiB that Go reads has fewer. */
export const pieceLimit: number = 1 << 17;
/** Bytes that reading one sparse file makes of nothing. */
export const holeLimit: number = 2 ** 36;
/** Entries of a layer: each stays in memory, in some 500 bytes. */
export const entryLimit: number = 2_000_000;
/** Bytes of all names, link targets and extended attributes of a layer, and of the paths of a tree's directories: they stay in memory. */
export const entryTextLimit: number = 256 << 20;
/** Files and directories that layers bring to one tree, those that only paths imply among them: one path can imply 32,000. */
export const nodeLimit: number = 2_000_000;

/** Bytes of a name: what Linux's file systems hold. */
export const nameLimit = 255;
/** Bytes of a path that is read: far more than a system call takes, so that only nonsense is refused. */
export const pathLimit: number = 65_536;
/** Bytes of a path that is written to a disk or into an export: what a system call takes (PATH_MAX without its NUL). */
export const systemPathLimit = 4095;
/** Symbolic links that are followed in one path, as Linux does (path_resolution(7)). */
export const symlinkLimit = 40;
/** Bytes of a symbolic link's target that is followed: PATH_MAX, no file system holds a longer one. */
export const targetLimit = 4096;
/** Bytes of an extended attribute, and of the list of their names: Linux's own XATTR_SIZE_MAX and XATTR_LIST_MAX. */
export const xattrLimit: number = 64 << 10;

/** Bytes of a zstd frame's window, which is memory: what `zstd --long` needs unasked. */
export const windowLimit: number = 128 << 20;
/** Bytes of a gzip header with its names and comments, in the portable engine. */
export const gzipHeaderLimit: number = 64 << 10;

/** Bytes of a text file that an option names. */
export const textFileLimit: number = 1 << 20;
/** Bytes of an image's passwd or group file. */
export const usersLimit: number = 4 << 20;
/** Bytes of a bundle's `ocikit.json`. */
export const sideFileLimit: number = 1 << 20;
/** Bytes of a bundle's stat index: some two million paths. A larger one is not read, and contents are compared. */
export const statIndexLimit: number = 512 << 20;
/** Bytes of a directory's sidecar: some two million owners. */
export const sidecarLimit: number = 256 << 20;

/** Bytes of one line of instructions: what docker takes. */
export const lineLimit = 65_535;
/** Characters of instructions together. */
export const instructionsLimit: number = 1 << 20;
/** Depth of substitutions within substitutions. */
export const substitutionDepthLimit = 64;
/** Characters that expanding variables makes. */
export const expansionLimit: number = 1 << 22;
/** Characters of all the pointers to fields in which two configs differ. */
export const pointerLimit: number = 1 << 24;

/** Characters of a `--format` template. */
export const templateLimit = 65_536;
/** Depth of what is nested in a template's text. */
export const templateDepthLimit = 100;
/** Depth of templates that call templates. */
export const templateCallLimit = 400;
/** Steps that a template may take. */
export const templateStepLimit = 1_000_000;
/** Characters that a template may put out. */
export const templateOutputLimit: number = 64 << 20;
/** Characters that one verb of printf may pad to. */
export const paddingLimit = 10_000;

/** Bytes of a lazy layer's table of contents, as it is stored and decompressed: readers take 150 MB, and those of 100,000 files have some 40. */
export const tableLimit: number = 128 << 20;
/** Bytes of a database of packages: those of whole distributions have some 100 MB. */
export const packageDatabaseLimit: number = 256 << 20;
/** Bytes of one package's own manifest, or of a list beside a database. */
export const packageFileLimit: number = 16 << 20;
/** Bytes of a program or a Java archive that is looked into for what it is made of. */
export const programLimit: number = 256 << 20;
/** Bytes of the archives within one archive together, inflated. */
export const nestedArchiveLimit: number = 512 << 20;
/** How deep archives may lie within archives. */
export const nestedArchiveDepthLimit = 10;
/** Bytes of contents that are kept while layers are read, so that they are not read again for them. Of more they are. */
export const keptBodiesLimit: number = 128 << 20;
/** Bytes of all databases and lists of packages that are held at once. */
export const packageBytesLimit: number = 1 << 30;
/** Packages of one root filesystem. */
export const packageLimit = 200_000;
/** Paths that all packages of one root filesystem list together. */
export const packagePathLimit = 5_000_000;
/** Bytes of what a program wrote, counted from its end, that the result of `run` keeps of each stream. */
export const outputLimit: number = 1 << 20;
/** Bytes of a secret for RUN: what docker takes, and a little more. */
export const secretLimit: number = 512 << 10;
/** Findings of one code in one blob that `validate` lists; more are counted. */
export const findingLimit = 1000;
/** Bytes of a file that `diff` compares line by line: a larger one is said to differ. */
export const textDiffLimit: number = 8 << 20;
/** Bytes of all files that one `diff` compares line by line: they are held at once. */
export const textDiffTotalLimit: number = 128 << 20;
/** Bytes of a file that is looked at for what it has in common with one of another name. */
export const renamedFileLimit: number = 1 << 20;
/** Files that are gone, and files that have come, each of which is held against each for what they have in common. */
export const renamedFilesLimit = 1000;
