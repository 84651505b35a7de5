import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseDockerfile } from '../dockerfile/parse.ts';
import { imagesNeeded } from '../dockerfile/plan/needs.ts';
import { openImageRootfs } from '../graph/rootfs-image.ts';
import { layersOf } from '../image/layers.ts';
import { openImage } from '../store/open-operand.ts';
import { refusalAt } from '../testing/answers.ts';
import { canRun, makeApplets } from '../testing/busybox.ts';
import { forAll } from '../testing/dockerfile-corpus.ts';
import { fixture } from '../testing/fixtures.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { Node, Tree } from '../tree/node.ts';
import { walk } from '../tree/walk.ts';
import type { BuildOptions } from './build/options.ts';
import { build } from './build.ts';
import { commit } from './commit.ts';

type Row = readonly (string | number)[];

interface Built {
  readonly ok: boolean | null;
  readonly error?: string;
  readonly layers?: number;
  readonly author?: string;
  readonly config?: Record<string, unknown>;
  readonly history?: readonly (readonly [string, number])[];
  readonly rootfs?: Readonly<Record<string, Row>>;
  readonly deleted?: readonly string[];
}

interface BuildCase {
  readonly id: string;
  readonly context: { readonly directory?: string; readonly files?: readonly (readonly string[])[] };
  readonly dockerfile?: string;
  readonly text?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly bases: readonly string[];
  readonly run: boolean;
  /** What it leaves depends on the time or the machine. */
  readonly unstable?: boolean;
  readonly whole?: boolean;
  readonly today?: string;
  readonly buildkit: Built;
  readonly classic: Omit<Built, 'config' | 'rootfs'> & {
    readonly config?: Record<string, unknown>;
    readonly rootfs?: Readonly<Record<string, Row>>;
  };
}

const contextTime = 981173106;
/** What the base's own files, variables and command are in its history. */
const baseHistory = 1;
const buildTime = '2020-01-02T03:04:05Z';
const baseTime = 946684800;

function settle(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) settle(path);
    if (!entry.isSymbolicLink())
      chmodSync(path, entry.isDirectory() || (lstatSync(path).mode & 0o111) !== 0 ? 0o755 : 0o644);
    lutimesSync(path, contextTime, contextTime);
  }
}

/** The fixtures' symbolic links have become files that hold their targets. */
function restoreLinks(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) restoreLinks(path);
    else if (entry.isFile() && lstatSync(path).size < 100) {
      const text = readFileSync(path, 'utf8');
      if (!/^[\w./-]*[./][\w./-]*$/.test(text) && !/^[\w-]+$/.test(text)) continue;
      if (text === '' || !existsSync(join(directory, text)) || text === '.' || text === '/') continue;
      if (join(directory, text) === path) continue;
      rmSync(path);
      symlinkSync(text, path);
    }
  }
}

function makeContext(root: string, one: BuildCase, to: string): string {
  mkdirSync(to);
  const { directory, files } = one.context;
  if (directory !== undefined) {
    cpSync(join(root, directory), to, { recursive: true, verbatimSymlinks: true });
    settleModes(to);
    for (const line of readFileSync(join(root, 'empty-dirs.txt'), 'utf8').split('\n'))
      if (line.startsWith(`${directory}/`)) mkdirSync(join(to, line.slice(directory.length + 1)), { recursive: true });
    restoreLinks(to);
    settle(to);
  }
  const modes = new Map<string, number>();
  for (const [kind, path = '', third = '', content = ''] of files ?? []) {
    const at = join(to, kind === 'symlink' ? third : kind === 'link' ? third : path);
    mkdirSync(dirname(at), { recursive: true });
    if (kind === 'directory') mkdirSync(at, { recursive: true });
    else if (kind === 'symlink') symlinkSync(path, at);
    else if (kind === 'link') linkSync(join(to, path), at);
    else writeFileSync(at, content);
    if (kind === 'file' || kind === 'directory') modes.set(at, Number.parseInt(third, 8));
  }
  if (files !== undefined) settle(to);
  for (const [path, mode] of modes) chmodSync(path, mode);
  if (one.text !== undefined) {
    writeFileSync(join(to, 'Dockerfile'), one.text);
    chmodSync(join(to, 'Dockerfile'), 0o644);
  }
  if (one.text !== undefined) lutimesSync(join(to, 'Dockerfile'), contextTime, contextTime);
  lutimesSync(to, contextTime, contextTime);
  return to;
}

/** Fixtures may be read-only, which a copy is not to be. */
function settleModes(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) settleModes(path);
    else if (!entry.isSymbolicLink()) chmodSync(path, (lstatSync(path).mode & 0o111) !== 0 ? 0o755 : 0o644);
  }
}

async function makeBase(
  root: string,
  directory: string,
  { layout, isRun }: { layout: string; isRun: boolean },
): Promise<Opened> {
  const rootfs = join(directory, 'base');
  const files = JSON.parse(readFileSync(join(root, 'builds.base.json'), 'utf8')) as Record<string, Row>;
  for (const [path, [kind, mode]] of Object.entries(files)) {
    const at = join(rootfs, path);
    const texts: Record<string, string> = {
      passwd: 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n',
      group: 'root:x:0:\napp:x:1000:\n',
    };
    if (kind === 'dir') mkdirSync(at, { recursive: true });
    else if (path.endsWith('/busybox') && isRun) copyFileSync('/bin/busybox', at);
    else writeFileSync(at, texts[path.split('/').at(-1) as string] ?? 'busybox');
    chmodSync(at, Number.parseInt(String(mode), 8));
  }
  if (isRun) makeApplets(join(rootfs, 'bin'));
  settle2(rootfs);
  const config = ['ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'CMD ["sh"]'];
  await commit(rootfs, `${layout}:base`, { instructions: config, platform: 'linux/amd64', owner: '0:0' });
  return opened(`${layout}:base`);
}

function settle2(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) settle2(path);
    lutimesSync(path, baseTime, baseTime);
  }
  lutimesSync(directory, baseTime, baseTime);
}

interface Opened {
  readonly tree: Tree;
  readonly digests: ReadonlyMap<Node, string>;
  readonly config: Record<string, unknown>;
  readonly history: readonly (readonly [string, number])[];
  readonly author: string | undefined;
  readonly layers: number;
}

async function opened(image: string): Promise<Opened> {
  const { source, image: read } = await openImage(image);
  const rootfs = openImageRootfs(source, layersOf(read), { hashing: () => 'all' });
  const tree = await rootfs.tree();
  const files = new Set([...walk(tree)].flatMap(([, node]) => (node.kind === 'file' ? [node] : [])));
  const { config, history: lines = [], author } = read.config.value;
  return {
    tree,
    digests: await rootfs.digests(files),
    config: (config ?? {}) as Record<string, unknown>,
    history: (lines ?? []).map(line => [line.created_by ?? '', line.empty_layer === true ? 1 : 0] as const),
    author,
    layers: layersOf(read).length,
  };
}

const kinds: Readonly<Record<string, string>> = { directory: 'dir', file: 'file', symlink: 'symlink' };
const seconds = (node: Node): number => Number(node.meta.mtime / 1_000_000_000n);
const buildSeconds = Date.parse(buildTime) / 1000;
/** What a program writes has the time of the machine, which no file of a context or an archive has: 2026. */
const laterThanFiles = Date.parse('2026-01-01T00:00:00Z') / 1000;

function timeOf(node: Node): string | number {
  const time = seconds(node);
  if (time === contextTime) return 'context';
  return time === buildSeconds || time >= laterThanFiles ? 'build' : time;
}

function rowOf(node: Node, digests: ReadonlyMap<Node, string>): Row {
  const { mode, uid, gid } = node.meta;
  const head = [kinds[node.kind] ?? node.kind, mode.toString(8).padStart(4, '0'), uid, gid];
  if (node.kind === 'file') return [...head, node.size, (digests.get(node) ?? '').slice(0, 16), timeOf(node)];
  if (node.kind === 'symlink') return [...head, node.target, timeOf(node)];
  return [...head, timeOf(node)];
}

/** Busybox and its applets are not in the fixtures. */
const isLeftOut = (path: string): boolean =>
  /^\/bin\/|^\/(dev|proc|sys)(\/|$)|^\/etc$|^\/etc\/(resolv\.conf|hosts|hostname|mtab)$/.test(path);

/** Modes of links say nothing. The time of a directory that was copied is its source's today (build.md §9), where docker 20.10 has that of the build. */
function isSameRow(seen: Row | undefined, wanted: Row): boolean {
  if (seen === undefined || seen.length !== wanted.length) return false;
  const last = wanted.length - 1;
  return seen.every((value, at) => {
    if (value === wanted[at] || (wanted[0] === 'symlink' && at === 1)) return true;
    return wanted[0] === 'dir' && at === last && wanted[last] === 'build' && value === 'context';
  });
}

/** The images of a Dockerfile that the fixture does not name. */
function namesIn(one: BuildCase, context: string): readonly string[] {
  const text = one.text ?? readFileSync(join(context, one.dockerfile ?? 'Dockerfile'), 'utf8');
  const given = new Map(Object.entries(one.args ?? {}));
  const options = { platform: { os: 'linux', architecture: 'amd64' }, images: new Map(), arguments: given };
  try {
    return imagesNeeded(parseDockerfile(text), options);
  } catch {
    return [];
  }
}

async function check(
  one: BuildCase,
  {
    root,
    directory,
    layout,
    base,
    runner,
  }: { root: string; directory: string; layout: string; base: Opened; runner: BuildOptions['runner'] },
): Promise<void> {
  const work = join(directory, createHash('sha256').update(one.id).digest('hex').slice(0, 12));
  mkdirSync(work);
  const context = makeContext(root, one, join(work, 'context'));
  const image = `${join(work, 'out')}:x`;
  const names = one.bases.length > 0 ? one.bases.filter(name => name !== 'scratch') : namesIn(one, context);
  const contexts = names.map(name => `${name}=oci:${layout}:base`);
  const run = async (): Promise<Opened> => {
    await build(context, [image], {
      ...(one.text === undefined && one.dockerfile !== undefined ? { file: join(context, one.dockerfile) } : {}),
      ...(one.target === undefined ? {} : { target: one.target }),
      buildArguments: Object.entries(one.args ?? {}).map(([name, value]) => `${name}=${value}`),
      contexts,
      created: buildTime,
      platforms: ['linux/amd64'],
      ...(runner === undefined ? {} : { runner }),
    });
    return opened(image);
  };
  const wanted = wantedOf(one, root);
  const other = meant[one.id];
  if (other !== undefined && 'refused' in other) return assert.rejects(run, other.refused);
  if (wanted.ok === false || (one.today !== undefined && other === undefined)) {
    await assert.rejects(run, refusalAt(wanted.error ?? one.today ?? ''));
    assert.equal(existsSync(join(work, 'out')), false, 'nothing is left');
    return;
  }
  const built = await run();
  const text = one.text ?? readFileSync(join(context, one.dockerfile ?? 'Dockerfile'), 'utf8');
  const before = one.whole === true ? undefined : base;
  compare(built, wanted, { before, points: mountPointsIn(text), isStable: one.unstable !== true });
}

/** Docker 20.10's history says less of ARG and COPY, and has ports as a map. */
function asToday(text: string): string {
  if (text.startsWith('ARG ')) return text.replace(/=.*$/, '');
  if (text.startsWith('EXPOSE ')) return 'EXPOSE';
  return /^(COPY|ADD) /.test(text) ? text.replace(/ --(chown|chmod)=\S+/g, '') : text;
}

/** Where docker 20.10's record is not what is wanted: what is, and how that is known. */
type Meant =
  /** Refused, as build.md §5 decides of names that an image does not have: BuildKit takes 0 for them without a word. */
  | { readonly refused: RegExp }
  /** What the classic builder left, of the same fixture. */
  | { readonly classic: true }
  /** Config and history as today's BuildKit gives them: `FILE.expected.json` of the fixtures, or the text's own record. */
  | { readonly today: readonly [file: string, id: string] }
  /** Files whose contents today's BuildKit has otherwise, as its own test says of them. */
  | { readonly contents: Readonly<Record<string, string>> };

const noSuchUser = { refused: /expected a uid or a user of \/etc\/passwd/ };
const meant: Readonly<Record<string, Meant>> = {
  'buildah-conformance:workdir-with-trailing-separator': noSuchUser,
  'buildah-conformance:workdir-without-trailing-separator': noSuchUser,
  'buildah-conformance:edgecases': noSuchUser,
  'buildkit:dockerfile_copy:testCopyChown:1': noSuchUser,
  // FROM finds a stage in any case there; BuildKit refuses.
  'kaniko:Dockerfile_test_issue_519': { classic: true },
  // An array in JSON with more after it is a command line today.
  'kaniko:Dockerfile_test_cmd': { today: ['kaniko.expected.json', 'dockerfiles/Dockerfile_test_cmd'] },
  // A stage's inherited arguments are told of today.
  'kaniko:Dockerfile_test_multistage_args_issue_1911': {
    today: ['kaniko.expected.json', 'dockerfiles/Dockerfile_test_multistage_args_issue_1911'],
  },
  // The record is of another build: it tells of a link that is in no line of this one.
  'moby:docker_cli_build:TestBuildExposeUpperCaseProto:1': {
    today: ['texts/moby-tests.json', 'docker_cli_build_test:TestBuildExposeUpperCaseProto:1'],
  },
  // Parents that are made get the mode as well, and it is expanded: testCopyChmod in dockerfile_copy_test.go.
  'buildkit:dockerfile_copy:testCopyChmod:1': {
    contents: { '/parentperm': '0777\n', '/subparentperm': '0770\n', '/footerperm': '0755\n' },
  },
};
/** Docker was given no context for it: its one directory has an absolute name there. What it is to be is in its own lines. */
const contextless = 'moby:docker_cli_build:TestBuildAddPreservesFilesSpecialBits:1';
const withContext: Built = {
  ok: true,
  layers: 6,
  config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
  history: [
    'ADD suidbin /usr/bin/suidbin',
    'RUN /bin/sh -c chmod 4755 /usr/bin/suidbin',
    "RUN /bin/sh -c [ $(ls -l /usr/bin/suidbin | awk '{print $1}') = '-rwsr-xr-x' ]",
    'ADD ./data/ /',
    "RUN /bin/sh -c [ $(ls -l /usr/bin/suidbin | awk '{print $1}') = '-rwsr-xr-x' ]",
  ].map(text => [`${text} # buildkit`, 0] as const),
  rootfs: {
    '/usr': ['dir', '0755', 0, 0, 'context'],
    '/usr/bin': ['dir', '0755', 0, 0, 'build'],
    '/usr/bin/suidbin': ['file', '4755', 0, 0, 7, digestStart('suidbin'), 'context'],
    '/usr/test_file': ['file', '0644', 0, 0, 5, digestStart('test1'), 'context'],
  },
};

/** The record that is wanted of a build. */
function wantedOf({ id, buildkit, classic }: BuildCase, root: string): Built {
  const other = meant[id];
  if (id === contextless) return withContext;
  if (other === undefined || 'refused' in other) return buildkit;
  if ('classic' in other) return { ok: true, config: classic.config ?? {}, rootfs: classic.rootfs ?? {} };
  if ('contents' in other) {
    const rows = Object.entries(other.contents).map(([path, text]) => {
      return [path, ['file', '0644', 0, 0, text.length, digestStart(text), 'build']] as const;
    });
    return { ...buildkit, rootfs: { ...buildkit.rootfs, ...Object.fromEntries(rows) } };
  }
  const { config, history } = imageToday(join(root, other.today[0]), other.today[1]);
  // Its stand-in for a base has another command.
  const { Cmd, ...rest } = config;
  const command = JSON.stringify(Cmd) === '["/bin/sh"]' ? { Cmd: ['sh'] } : { Cmd };
  const lines = history.map(line => [line.created_by, line.empty_layer === true ? 1 : 0] as const);
  return {
    ok: true,
    config: JSON.parse(JSON.stringify({ ...rest, ...command })) as Record<string, unknown>,
    history: lines,
    rootfs: buildkit.rootfs ?? {},
  };
}

interface ImageToday {
  readonly config: Record<string, unknown>;
  readonly history: readonly { readonly created_by: string; readonly empty_layer?: boolean }[];
}

function imageToday(file: string, id: string): ImageToday {
  const records = JSON.parse(readFileSync(file, 'utf8')) as
    | Record<string, { readonly image: ImageToday }>
    | readonly { readonly id: string; readonly expected: { readonly image: ImageToday } }[];
  const found = Array.isArray(records)
    ? records.find(record => record.id === id)?.expected
    : (records as Record<string, { readonly image: ImageToday }>)[id];
  assert.ok(found !== undefined, id);
  return found.image;
}

/** Where the mounts of a Dockerfile's RUNs are, and all directories above them: docker 20.10 left them in the layer; it does no more. */
function mountPointsIn(text: string): ReadonlySet<string> {
  const targets = [...text.matchAll(/\b(?:target|dst|destination)=([^,\s]+)/g)].map(([, target = '']) => target);
  const secrets = [...text.matchAll(/type=secret,(?:[^,\s]+,)*id=([^,\s]+)/g)].map(([, id]) => `/run/secrets/${id}`);
  return new Set(
    [...targets, ...secrets].flatMap(target => {
      const names = `/${target}`.split('/').filter(Boolean);
      return names.map((_, at) => `/${names.slice(0, at + 1).join('/')}`);
    }),
  );
}

function isLeftMountPoint([kind, , uid, gid, size]: Row, isPoint: boolean): boolean {
  return isPoint && (kind === 'dir' || (kind === 'file' && size === 0)) && uid === 0 && gid === 0;
}

interface Comparing {
  /** The base's files, where the record has only what differs from it. */
  readonly before: Opened | undefined;
  readonly points: ReadonlySet<string>;
  /** Otherwise only names are compared. */
  readonly isStable: boolean;
}

function compare(built: Opened, wanted: Built, { before: base, points, isStable }: Comparing): void {
  const history = wanted.history ?? [];
  const texts = (lines: Opened['history']): unknown => lines.map(([text, isEmpty]) => [asToday(text), isEmpty]);
  const own = built.history.slice(built.history.length - history.length);
  assert.deepEqual(texts(own), texts(history));
  assert.deepEqual(JSON.parse(JSON.stringify(built.config)), wanted.config ?? built.config);
  assert.equal(built.author, wanted.author);
  if (wanted.layers !== undefined) assert.equal(built.layers, wanted.layers, 'layers');
  if (wanted.rootfs === undefined) return;
  // The classic builder has other words in its history, which is not wanted then.
  const others = wanted.history === undefined ? baseHistory : built.history.length - history.length;
  assert.ok(others === 0 || others === baseHistory, `${others} lines more of history`);
  const isOnBase = others > 0 && base !== undefined;
  const before = new Map<string, Node>(
    [...(isOnBase ? walk(base.tree) : [])].map(([path, node]) => [`/${path}`, node] as const),
  );
  const after = new Map<string, Node>([...walk(built.tree)].map(([path, node]) => [`/${path}`, node]));
  const problems: string[] = [];
  const rows = wanted.rootfs;
  for (const [path, row] of Object.entries(rows)) {
    if (isLeftOut(path)) continue;
    const node = after.get(path);
    const seen = node === undefined ? undefined : rowOf(node, built.digests);
    if (seen === undefined && isLeftMountPoint(row, points.has(path))) continue;
    if (!isStable && seen?.[0] === row[0]) continue;
    if (!isSameRow(seen, row)) problems.push(`${path}: ${JSON.stringify(seen)} not ${JSON.stringify(row)}`);
  }
  for (const [path, node] of after) {
    if (Object.hasOwn(rows, path) || isLeftOut(path)) continue;
    const old = before.get(path);
    if (old === undefined) problems.push(`${path} is there`);
    else if (JSON.stringify(rowOf(old, base?.digests ?? new Map())) !== JSON.stringify(rowOf(node, built.digests)))
      problems.push(`${path} is another`);
  }
  const gone = new Set(wanted.deleted);
  for (const path of gone) if (after.has(path)) problems.push(`${path} is still there`);
  for (const path of before.keys())
    if (!after.has(path) && !gone.has(path) && !isLeftOut(path)) problems.push(`${path} is gone`);
  assert.deepEqual(problems, []);
}

/** What rows have of a file's digest. */
function digestStart(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Runs all cases, each in a directory of its own, and says of each what came of it. */
async function checkAll(t: TestContext, root: string, isRun: boolean, runner?: BuildOptions['runner']): Promise<void> {
  // Each run starts a dozen programs: a sixth of them is run, unless a variable asks for another sixth (1 to 5) or for all.
  const share = process.env['OCIKIT_RUNS'] ?? '0';
  const cases = (JSON.parse(readFileSync(join(root, 'builds.json'), 'utf8')) as BuildCase[])
    .filter(({ run }) => run === isRun)
    .filter((_, at) => !isRun || share === 'all' || at % 6 === Number(share));
  const directory = temporaryDirectory(t);
  const layout = join(directory, 'bases');
  const base = await makeBase(root, directory, { layout, isRun });
  const results = new Map<string, unknown>();
  for (const one of cases) {
    try {
      await check(one, { root, directory, layout, base, runner });
    } catch (error) {
      results.set(one.id, error);
    }
  }
  forAll(t, cases, ({ id }) => {
    if (results.has(id)) throw results.get(id);
  });
}

test('a build without RUN gives the root filesystem, the config and the history of docker build', async t => {
  const root = fixture(t, 'dockerfiles');
  if (root !== undefined) await checkAll(t, root, false);
});

test('a build with RUN gives the root filesystem, the config and the history of docker build', async t => {
  const root = fixture(t, 'dockerfiles');
  // Whichever runner is asked for, the images are the same.
  const runner = process.env['OCIKIT_RUNNER'] as BuildOptions['runner'];
  if (root !== undefined && canRun(t)) await checkAll(t, root, true, runner);
});
