import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../testing/command-line.ts';
import { type PreparedPlace, preparePlace } from '../testing/prepared-place.ts';
import { snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { optionsOf } from './options-of.ts';
import { rulesOf } from './rules.ts';

/** How a verb is called so that its options can show, and a value for each that wants one. */
interface Use {
  readonly words: (place: PreparedPlace) => readonly string[];
  readonly values?: (place: PreparedPlace) => Readonly<Record<string, string>>;
  /** Pairs of which the first says all that the second could add, each with its reason. */
  readonly says?: readonly (readonly [all: string, nothing: string, why: string])[];
}

const dryRun = 'a dry run writes nothing';
const whole = 'JSON has everything whole';
const plain = 'JSON has no colours and no progress';
const making = {
  change: 'ENV A=1',
  message: 'why',
  author: 'Ann',
  created: '2024-01-31T12:00:00Z',
  'created-by': 'make',
  platform: 'linux/arm64',
  compression: 'zstd',
  level: '9',
  compressor: 'portable',
  annotation: 'a=b',
  exclude: 'etc',
  owner: '7:7',
};

/** Values of the options that all have which make an image of an image. */
const changing = (directory: string): Readonly<Record<string, string>> => ({
  tag: 'other',
  output: `${join(directory, 'out')}:new`,
  change: 'USER me',
  author: 'Ann',
  message: 'why',
  created: '2024-01-01T00:00:00Z',
  'created-by': 'who',
  annotation: 'a=b',
  platform: 'linux/amd64',
});
const changeSays: readonly (readonly [all: string, less: string, why: string])[] = [
  ['dry-run', 'tag', 'nothing is written, and so nothing named'],
  ['dry-run', 'output', 'the same'],
];

const dockerfile = fileURLToPath(new URL('../testing/copy-all.Dockerfile', import.meta.url));

const uses: Readonly<Record<string, Use>> = {
  init: { words: ({ directory }) => ['init', join(directory, 'out')] },
  build: {
    words: ({ layout, operands }) => [
      ...['build', operands('rootfs').source, '-t', `${operands('rootfs').out}:new`, '-f', dockerfile],
      ...['--build-context', `base=oci:${layout}:base`, '--platform', 'linux/amd64'],
    ],
    values: ({ layout, directory, operands }) => ({
      ...making,
      tag: `${join(directory, 'out')}:other`,
      file: join(directory, 'ignore'),
      target: '0',
      'build-arg': 'A=1',
      'build-context': `other=${operands('rootfs').source}`,
      'base-layout': layout,
      'cache-from': layout,
      'cache-to': join(directory, 'cached'),
      output: `type=tar,dest=${join(directory, 'built.tar')}`,
      iidfile: join(directory, 'iid'),
      'metadata-file': join(directory, 'metadata'),
      progress: 'plain',
      jobs: '2',
      'no-cache-filter': 'stage-0',
      runner: 'auto',
      network: 'none',
      secret: `id=one,src=${join(directory, 'ignore')}`,
      ssh: 'default=/dev/null',
      label: 'a=b',
      provenance: 'max',
      sbom: 'true',
      attest: 'type=provenance,mode=min',
      'add-host': 'one.example:10.0.0.1',
      'shm-size': '1m',
    }),
    says: [
      ['dry-run', '*', dryRun],
      ['quiet', 'no-progress', 'a quiet build tells nobody of its steps'],
      ['no-progress', 'quiet', 'there is nothing else to tell'],
    ],
  },
  commit: {
    words: ({ operands }) => ['commit', operands('rootfs').source, `${operands('rootfs').out}:new`],
    values: ({ layout, directory }) => ({
      ...making,
      base: `${layout}:base`,
      'base-dir': directory,
      output: 'refused',
      'ignore-file': join(directory, 'ignore'),
    }),
    says: [
      ['dry-run', '*', dryRun],
      ['squash', 'base', 'without a base there is one layer as well'],
      ['base', 'squash', 'one layer is one layer'],
      ['base', 'trust-mtime', 'what is the same is the same, read or not'],
      ['base-dir', 'trust-mtime', 'the same'],
    ],
  },
  import: {
    words: ({ operands }) => ['import', operands('tar').source, `${operands('tar').out}:new`],
    values: () => making,
    says: [['dry-run', '*', dryRun]],
  },
  append: {
    words: ({ layout, directory }) => ['append', `${layout}:multi`, '--add', `${join(directory, 'rootfs')}:/more`],
    values: ({ directory, operands }) => ({
      ...making,
      tag: 'new',
      output: `${join(directory, 'out')}:new`,
      add: `${join(directory, 'ignore')}:/ignored`,
      delete: '/etc/motd',
      tar: operands('tar').source,
      mode: '0700',
      'ignore-file': join(directory, 'ignore'),
    }),
    says: ['tag', 'output', 'platform', 'all-platforms'].map(
      option => [option, 'quiet', 'no image stays as it is, so there is nothing to say'] as const,
    ),
  },
  config: {
    words: ({ layout }) => ['config', `${layout}:multi`, '--set', 'user=me'],
    values: ({ directory }) => ({
      ...making,
      tag: 'new',
      output: `${join(directory, 'out')}:new`,
      unset: 'label:tier',
      set: 'hostname=box',
      'layer-annotation': '1:a=b',
      'index-annotation': 'c=d',
      redact: 'layer',
      'history-author': 'Bob',
      'history-created-by': 'somebody',
      'history-created': '2023-01-31T12:00:00Z',
    }),
    says: ['tag', 'output', 'platform', 'all-platforms'].map(
      option => [option, 'quiet', 'no image stays as it is, so there is nothing to say'] as const,
    ),
  },
  diff: {
    words: ({ layout }) => ['diff', `${layout}:base`, `${layout}:app`],
    values: () => ({
      ...{ ignore: 'mode,size', paths: 'etc', format: '{{.Path}} {{.From}} {{.Text}}', platform: 'linux/amd64' },
      ...{ text: 'etc/motd', similarity: '60' },
    }),
    says: [
      ['json', 'reasons', whole],
      ['name-only', 'no-color', plain],
      ['config', 'semantic', 'both list the config; nothing of it is without effect here'],
      ['semantic', 'config', 'the same'],
      ['packages', 'exit-code', 'these images have no packages'],
    ],
  },
  convert: {
    words: ({ operands }) => [
      'convert',
      operands('multi').source,
      '--compression',
      'zstd',
      '-o',
      `${operands('multi').out}:new`,
    ],
    values: () => ({ ...making, compression: 'gzip', format: 'docker', tag: 'other', output: 'x:y' }),
    says: [['dry-run', '*', dryRun]],
  },
  gc: { words: ({ layout }) => ['gc', layout], values: () => ({ grace: '0' }) },
  index: {
    words: ({ layout, directory }) => ['index', 'create', `${join(directory, 'out')}:new`, `${layout}:multi`],
    values: ({ layout }) => ({
      platform: 'linux/arm64',
      annotation: 'a=b',
      'entry-annotation': 'c=d',
      'artifact-type': 'application/example',
      subject: `${layout}:app`,
    }),
    says: [['dry-run', 'quiet', 'no layout is made that there would be a line about']],
  },
  attach: {
    words: ({ layout, directory }) => ['attach', `${layout}:multi`, join(directory, 'ignore'), '--artifact-type=a/b'],
    values: () => ({
      'artifact-type': 'refused',
      annotation: 'a=b',
      created: '2024-01-31T12:00:00Z',
      tag: 'note',
      platform: 'linux/arm64',
    }),
    says: [['dry-run', '*', dryRun]],
  },
  referrers: {
    words: ({ layout }) => ['referrers', `${layout}:multi`],
    values: () => ({ 'artifact-type': 'a/b', platform: 'linux/arm64' }),
  },
  tag: { words: ({ layout }) => ['tag', `${layout}:app`, 'other'], says: [['dry-run', '*', dryRun]] },
  untag: { words: ({ layout }) => ['untag', `${layout}:app`], says: [['dry-run', '*', dryRun]] },
  images: {
    words: ({ layout }) => ['images', layout],
    values: () => ({ filter: 'reference=a*', format: '{{.ID}} {{.Size}}', size: 'uncompressed' }),
    says: [
      ['json', 'no-trunc', whole],
      ['json', 'digests', whole],
      ['quiet', 'size', 'refused'],
    ],
  },
  history: {
    words: ({ layout }) => ['history', `${layout}:app`],
    values: () => ({ format: '{{.ID}} {{.CreatedSince}} {{.Size}} {{.CreatedBy}}', platform: 'linux/amd64' }),
    says: [
      ['json', 'no-trunc', whole],
      ['json', 'human', 'JSON has bytes and times'],
    ],
  },
  inspect: {
    words: ({ layout }) => ['inspect', `${layout}:multi`],
    values: () => ({ format: '{{.Architecture}}', raw: 'manifest', platform: 'linux/arm64' }),
  },
  unpack: {
    words: ({ layout, directory }) => ['unpack', `${layout}:multi`, join(directory, 'out')],
    values: () => ({ platform: 'linux/arm64', 'uid-map': '0:100000:65536', 'gid-map': '0:100000:65536' }),
    says: [
      ['rootless', 'strict', 'what the sidecar holds is no warning'],
      ['rootless', 'quiet', 'the same'],
    ],
  },
  export: {
    words: ({ layout }) => ['export', `${layout}:multi`],
    values: ({ directory }) => ({ output: join(directory, 'out'), platform: 'linux/arm64' }),
    says: [['dry-run', 'output', dryRun]],
  },
  save: {
    words: ({ layout }) => ['save', `${layout}:multi`],
    values: ({ directory }) => ({ output: join(directory, 'out'), platform: 'linux/arm64', format: 'docker' }),
    says: [
      ['dry-run', 'output', dryRun],
      ['dry-run', 'format', dryRun],
    ],
  },
  load: {
    words: ({ operands }) => ['load', operands('oci-archive').source, operands('oci-archive').out],
    values: () => ({ input: 'refused' }),
    says: [['dry-run', '*', dryRun]],
  },
  copy: {
    words: ({ layout, directory }) => ['copy', `${layout}:multi`, `${join(directory, 'out')}:new`],
    values: () => ({ ...making, format: 'docker' }),
    says: [
      ['dry-run', '*', dryRun],
      ['format', 'compression', 'refused below'],
    ],
  },
  squash: {
    words: ({ layout }) => ['squash', `${layout}:app`],
    values: ({ layout, directory }) => ({
      ...changing(directory),
      layers: '2..3',
      'from-base': `${layout}:base`,
      compression: 'none',
      level: '9',
      compressor: 'portable',
    }),
    says: changeSays,
  },
  fix: {
    words: ({ layout }) => ['fix', `${layout}:app`],
    values: ({ directory }) => changing(directory),
    says: [
      ...changeSays,
      ...['change', 'author', 'created', 'annotation'].map(
        option => [option, 'quiet', 'what changes leaves nothing to warn of'] as const,
      ),
    ],
  },
  drop: {
    words: ({ layout }) => ['drop', `${layout}:app`, '--layers', '2'],
    values: ({ directory }) => ({ ...changing(directory), layers: 'refused', 'created-by': 'layer 2' }),
    says: changeSays,
  },
  strip: {
    words: ({ layout }) => ['strip', `${layout}:app`, '/lib'],
    values: ({ directory }) => ({
      ...changing(directory),
      redact: 'layer',
      compression: 'none',
      level: '9',
      compressor: 'portable',
    }),
    says: [
      ...changeSays,
      ['output', 'quiet', 'what is put elsewhere leaves nothing to warn of'],
      ['dry-run', 'quiet', 'the same'],
    ],
  },
  rebase: {
    words: ({ layout }) => ['rebase', `${layout}:app`, `--old-base=${layout}:base`, `--new-base=${layout}:app`],
    values: ({ layout, directory }) => ({
      ...changing(directory),
      'old-base': `${layout}:base`,
      'new-base': `${layout}:app`,
    }),
    says: changeSays,
  },
  files: {
    words: ({ layout }) => ['files', `${layout}:multi`],
    values: () => ({ depth: '2', platform: 'linux/arm64' }),
    says: [['tree', 'depth', 'all that is there is two levels deep']],
  },
  cat: { words: ({ layout }) => ['cat', `${layout}:multi`, '/etc/motd'], values: () => ({ platform: 'linux/arm64' }) },
  cp: {
    words: ({ layout, directory }) => ['cp', `${layout}:multi:/`, join(directory, 'out')],
    values: () => ({ platform: 'linux/arm64' }),
  },
  blame: {
    words: ({ layout }) => ['blame', `${layout}:multi`, '/lib/two'],
    values: () => ({ platform: 'linux/arm64' }),
  },
  analyze: {
    words: ({ layout }) => ['analyze', `${layout}:multi`],
    values: ({ directory }) => {
      writeFileSync(join(directory, 'rules.json'), '{"version":1,"rules":[{"maxLayers":1}]}');
      return {
        'max-wasted': '1B',
        'max-size': '1kB',
        forbid: 'etc/motd',
        rules: join(directory, 'rules.json'),
        depth: '1',
        platform: 'linux/arm64',
      };
    },
  },
  packages: {
    words: ({ layout }) => ['packages', `${layout}:multi`],
    values: () => ({ sbom: 'spdx', platform: 'linux/arm64' }),
  },
  report: {
    words: ({ layout }) => ['report', `${layout}:multi`],
    values: ({ directory }) => ({ output: join(directory, 'out'), platform: 'linux/arm64' }),
    says: [['dry-run', 'output', dryRun]],
  },
  validate: {
    words: ({ layout }) => ['validate', layout],
    values: () => ({ explain: 'size-mismatch', engines: 'docker,podman' }),
    says: [['json', 'notes', 'it has a list of notes in any case']],
  },
  completion: { words: () => ['completion', 'bash'] },
};

function wordsFor(command: Command, name: string, values: Readonly<Record<string, string>>): readonly string[] {
  const { kind, on } = optionsOf(command).find(option => option.name === name) ?? {};
  if (kind === 'flag') return [`--${name}${on === true ? '=false' : ''}`];
  const value = values[name];
  assert.ok(value !== undefined, `${command.name} --${name}: the table has no value for it`);
  return [`--${name}=${value}`];
}

/** All that a command line did: what it said, and what it wrote. */
async function outcomeOf(place: PreparedPlace, words: readonly string[]): Promise<string> {
  const index = join(place.layout, 'index.json');
  const before = readFileSync(index, 'utf8');
  const { status, out, err } = await runCommand(words);
  const result = join(place.directory, 'out');
  const isFile = existsSync(result) && !statSync(result).isDirectory();
  const written = isFile ? readFileSync(result, 'latin1') : existsSync(result) ? snapshotOf(result) : [];
  const sidecar = existsSync(`${result}.mtree`) ? readFileSync(`${result}.mtree`, 'latin1') : '';
  for (const path of [result, `${result}.mtree`]) rmSync(path, { recursive: true, force: true });
  const listed = readFileSync(index, 'utf8');
  if (listed !== before) writeFileSync(index, before);
  return JSON.stringify({ status, out, err, written, sidecar, listed });
}

async function checkVerb(t: TestContext, name: string): Promise<void> {
  const use = uses[name];
  const command = commands.find(found => found.name === name);
  assert.ok(use !== undefined && command !== undefined, `${name}: no row`);
  const place = await preparePlace(temporaryDirectory(t));
  writeFileSync(join(place.directory, 'ignore'), 'lib\n');
  const values = use.values?.(place) ?? {};
  const run = (...options: readonly string[]): Promise<string> =>
    outcomeOf(place, [...use.words(place), ...options.flatMap(option => wordsFor(command, option, values))]);
  const nothing = await run();
  assert.equal(JSON.parse(nothing).status, 0, nothing);
  const alone = new Map<string, string>();
  for (const option of optionsOf(command)) alone.set(option.name, await run(option.name));
  const effective = [...alone.keys()].filter(option => alone.get(option) !== nothing);
  for (const [at, one] of effective.entries())
    for (const other of effective.slice(at + 1)) {
      const both = await run(one, other);
      if (JSON.parse(both).status === 2) continue;
      for (const [first, second] of [[one, other] as const, [other, one] as const]) {
        const isSaid = use.says?.some(([all, less]) => all === first && (less === second || less === '*')) === true;
        const shows = isSaid || both !== alone.get(first);
        assert.ok(shows, `${name} --${first} --${second}: --${second} changes nothing, and nobody is told`);
      }
    }
}

/** What the images of this table cannot do. */
const elsewhere: Readonly<Record<string, string>> = {
  run: 'it starts a program, and there is none in these images: ops/run.test.ts tries its options',
};

for (const { name } of commands)
  test(`every two options of ${name} work together or are refused`, async t => {
    const reason = elsewhere[name];
    if (reason !== undefined) return t.skip(reason);
    await checkVerb(t, name);
  });

test('a rule names options that its verb has', () => {
  for (const command of commands) {
    const names = optionsOf(command).map(option => option.name);
    for (const rule of rulesOf(command)) {
      const named = [rule.one.option, ...(rule.kind === 'needs' ? rule.anyOf : [rule.other.option])];
      for (const option of named) assert.ok(names.includes(option), `${command.name}: --${option}`);
    }
  }
});

test('what is refused is one line that names both options, says why and exits with 2', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['diff a b --json --stat', /^ocikit: --json: expected no --stat beside it|^ocikit: --stat: expected no --json/],
    ['inspect a --raw config --format x', /^ocikit: --(raw|format): expected no --(raw|format) beside it/],
    ['commit a b --compression none --level 3', /^ocikit: --compression none: expected no --level beside it/],
    ['copy a b --level 3', /^ocikit: --level: expected --compression beside it, got none/],
    ['copy a b --all --platform linux/amd64', /^ocikit: --all: expected no --platform beside it/],
    ['images a -q --digests', /^ocikit: --quiet: expected no --digests beside it/],
    ['save a:b --json', /^ocikit: --json: expected --output or --dry-run beside it, got none/],
    ['history a -q --human=false', /^ocikit: --quiet: expected no --human beside it/],
  ];
  for (const [words, message] of cases) {
    const { status, out, err } = await runCommand(words.split(' '));
    assert.deepEqual([status, out, err.split('\n').length], [2, '', 2], words);
    assert.match(err, message, words);
    assert.match(err, /\([^)]+\)\n$/, words);
  }
});
