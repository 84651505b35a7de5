import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools, ocikit } from '../testing/witness.ts';

const program = fileURLToPath(new URL('../../bin/ocikit.cjs', import.meta.url));

/** How each shell is started, and what makes its prompt one that can be seen, completion switched on as a user does. */
const shells = {
  bash: { start: 'bash --norc --noprofile -i', prompt: "PS1='REA''DY> '", use: 'source <(ocikit completion bash)' },
  zsh: {
    start: 'zsh -f -i',
    prompt: "PS1='REA''DY> '; unsetopt zle_bracketed_paste 2>/dev/null; autoload -U compinit; compinit -u -D",
    use: 'source <(ocikit completion zsh)',
  },
  fish: {
    start: 'fish --private --no-config -i',
    prompt: "function fish_prompt; printf 'REA''DY> '; end; set -g fish_autosuggestion_enabled 0",
    use: 'ocikit completion fish | source',
  },
} as const;

/** A place with a layout, and an `ocikit` in PATH that writes down what it is called with, questions of completion aside. */
async function workplace(t: TestContext): Promise<{ readonly place: string; readonly log: string }> {
  const place = temporaryDirectory(t);
  await preparePlace(place);
  const bin = join(place, 'bin');
  const log = join(place, 'log');
  mkdirSync(bin);
  const lines = [
    '#!/bin/sh',
    `case "$1" in __complete|completion) exec '${process.execPath}' '${program}' "$@" ;; esac`,
    `printf '%s\\n' "$*" >>'${log}'`,
  ];
  writeFileSync(join(bin, 'ocikit'), `${lines.join('\n')}\n`);
  chmodSync(join(bin, 'ocikit'), 0o755);
  return { place, log };
}

/** Types lines into a shell on a terminal of its own, each when the prompt is there, and answers all that it printed. */
async function type(start: string, place: string, lines: readonly string[]): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${place}/bin:${process.env['PATH']}`,
    HOME: place,
    TERM: 'xterm',
    LC_ALL: 'C.UTF-8',
  };
  const child: ChildProcess = spawn('script', ['-qfec', start, '/dev/null'], { cwd: place, env });
  const left = [...lines, 'exit'];
  let [output, prompts] = ['', 0];
  const next = (): void => {
    const line = left.shift();
    if (line !== undefined) child.stdin?.write(`${line}\r`);
  };
  next();
  child.stdout?.on('data', chunk => {
    output += String(chunk);
    const seen = output.split('READY> ').length - 1;
    if (seen > prompts) {
      prompts = seen;
      setImmediate(next);
    }
  });
  await new Promise(resolve => child.on('close', resolve));
  return output;
}

async function called(
  t: TestContext,
  shell: keyof typeof shells,
  typed: readonly string[],
): Promise<readonly string[]> {
  const { place, log } = await workplace(t);
  const { start, prompt, use } = shells[shell];
  const output = await type(start, place, [prompt, use, ...typed]);
  assert.ok(existsSync(log), output);
  return readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => line.trimEnd());
}

for (const shell of ['bash', 'zsh', 'fish'] as const)
  test(`${shell} completes verbs, options, choices, files and names of images at the first TAB`, async t => {
    if (!hasTools(t, shell, 'script')) return;
    const typed = [
      'ocikit hist\timg:b\t',
      'ocikit image hist\timg:mu\t--no-t\t',
      'ocikit commit rootfs new --compression zs\t',
      'ocikit commit rootfs new --compression=zs\t',
      'ocikit commit rootfs new --base img:ba\t',
      'ocikit import docker.t\tnew',
      'true; ocikit history oci:img:ap\t',
    ];
    assert.deepEqual(await called(t, shell, typed), [
      'history img:base',
      'image history img:multi --no-trunc',
      'commit rootfs new --compression zstd',
      'commit rootfs new --compression=zstd',
      'commit rootfs new --base img:base',
      'import docker.tar new',
      'history oci:img:app',
    ]);
  });

/** A layout of one name for each: a command that a shell would run, and an ordinary one. */
function hostileLayout(place: string): void {
  const index = JSON.parse(readFileSync(join(place, 'img/index.json'), 'utf8'));
  const [manifest] = index.manifests;
  const names = ['$(touch${IFS}ran)', '`touch${IFS}ran`', ';touch ran;', "'x'", 'a\nb', '\x1b[2J', '&&touch$IFS-- ran'];
  const of = (name: string): object => ({ ...manifest, annotations: { 'org.opencontainers.image.ref.name': name } });
  for (const [at, name] of names.entries()) {
    mkdirSync(join(place, `evil${at}`));
    writeFileSync(join(place, `evil${at}/oci-layout`), readFileSync(join(place, 'img/oci-layout')));
    writeFileSync(join(place, `evil${at}/index.json`), JSON.stringify({ ...index, manifests: [of(name)] }));
  }
  mkdirSync(join(place, 'some'));
  writeFileSync(join(place, 'some/oci-layout'), readFileSync(join(place, 'img/oci-layout')));
  writeFileSync(
    join(place, 'some/index.json'),
    JSON.stringify({ ...index, manifests: [...names, 'v1'].map(name => of(name)) }),
  );
}

for (const shell of ['bash', 'zsh', 'fish'] as const)
  test(`${shell} runs nothing that an image is called`, async t => {
    if (!hasTools(t, shell, 'script')) return;
    const { place, log } = await workplace(t);
    hostileLayout(place);
    const { start, prompt, use } = shells[shell];
    const evil = readdirSync(place).filter(name => name.startsWith('evil'));
    const typed = [...evil.map(name => `ocikit inspect ${name}:\t`), 'ocikit inspect some:\t'];
    const output = await type(start, place, [prompt, use, ...typed]);
    assert.ok(!existsSync(join(place, 'ran')), output);
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    assert.deepEqual(
      lines.map(line => line.trimEnd()),
      [...evil.map(name => `inspect ${name}:`), 'inspect some:v1'],
    );
  });

test('bash lists every name of a layout', async t => {
  if (!hasTools(t, 'bash', 'script')) return;
  const { place } = await workplace(t);
  const { start, prompt, use } = shells.bash;
  const output = await type(start, place, [prompt, use, 'ocikit history img:\t\t']);
  assert.match(output, /app +base +multi/);
});

test('zsh completes at the first TAB where the script is a file of fpath', async t => {
  if (!hasTools(t, 'zsh', 'script')) return;
  const { place, log } = await workplace(t);
  mkdirSync(join(place, 'functions'));
  writeFileSync(join(place, 'functions/_ocikit'), ocikit(place, 'completion', 'zsh'));
  const output = await type(shells.zsh.start, place, [
    `fpath=(${place}/functions $fpath); ${shells.zsh.prompt}`,
    'ocikit hist\timg:b\t',
  ]);
  assert.ok(existsSync(log), output);
  assert.equal(readFileSync(log, 'utf8').trim(), 'history img:base');
});
