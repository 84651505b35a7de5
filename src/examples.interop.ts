import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { withRegistry } from './testing/engines.ts';
import { temporaryDirectory } from './testing/temporary.ts';
import { hasTools, isRoot, ocikit, run } from './testing/witness.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, 'bin/ocikit.cjs');

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the examples as its first lines say. */
function example(
  cwd: string,
  name: string,
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Answer {
  const env = { ...process.env, OCIKIT: program, ...variables };
  return spawnSync(join(root, 'examples', name), words, { cwd, env, encoding: 'utf8' });
}

function done({ status, stdout, stderr }: Answer): string {
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

/** A layout with one small image. */
function sample(t: TestContext): string {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'rootfs/etc'), { recursive: true });
  writeFileSync(join(place, 'rootfs/etc/motd'), 'hello\n');
  ocikit(place, 'commit', 'rootfs', 'img:one');
  return place;
}

test('a Node application becomes an image that runs', t => {
  const place = temporaryDirectory(t);
  assert.match(done(example(place, 'node-app.sh', [join(root, 'examples/app'), 'img:app'])), /^sha256:[0-9a-f]{64}$/);
  ocikit(place, 'validate', 'img');
  if (!isRoot(t)) return;
  ocikit(place, 'unpack', 'img:app', 'run');
  assert.match(run(place, 'chroot', 'run', '/usr/bin/node', '/app/index.mjs'), /^hello from node \d+ on \w+/);
});

test('a Debian is bootstrapped into an image', t => {
  if (!isRoot(t) || !hasTools(t, 'mmdebstrap')) return;
  const place = temporaryDirectory(t);
  done(
    example(place, 'debian.sh', ['img:debian', 'bookworm'], { SOURCE_DATE_EPOCH: '1700000000', VARIANT: 'essential' }),
  );
  ocikit(place, 'validate', 'img');
  assert.match(ocikit(place, 'inspect', 'img:debian', '--format', '{{json .Config.Cmd}}'), /bash/);
});

test('the gate lets the same pass, stops what differs, and looks only where it is told', t => {
  const place = sample(t);
  assert.equal(done(example(place, 'diff-gate.sh', ['img:one', 'rootfs'])), 'the same');
  writeFileSync(join(place, 'rootfs/etc/motd'), 'changed\n');
  const stopped = example(place, 'diff-gate.sh', ['img:one', 'rootfs']);
  assert.equal(stopped.status, 1);
  assert.match(stopped.stdout, /C \/etc\/motd +content/);
  assert.equal(done(example(place, 'diff-gate.sh', ['img:one', 'rootfs', 'usr/**', '*.txt'])), 'the same');
  assert.equal(example(place, 'diff-gate.sh', ['img:nobody', 'rootfs']).status, 2);
});

test('an image goes to a registry and comes back with its digest', async t => {
  if (!hasTools(t, 'skopeo')) return;
  const place = sample(t);
  mkdirSync(join(place, 'home/.config/containers'), { recursive: true });
  writeFileSync(join(place, 'home/.config/containers/policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}');
  await withRegistry(t, async address => {
    const variables = { TLS: 'false', HOME: join(place, 'home') };
    const line = done(example(place, 'registry.sh', ['img:one', `${address}/ann/one:1`, 'back:one'], variables));
    assert.equal(
      line.split('\n').at(-1),
      ocikit(place, 'inspect', 'img:one', '--format', '{{.Descriptor.digest}}').trim(),
    );
  });
});

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required: boolean }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly { id?: string; env: Record<string, string>; run: string }[] };
}

/** Does what a runner does with a composite action: its steps, one shell each, inputs in their environment. */
function runAction(
  place: string,
  inputs: Readonly<Record<string, string>>,
): { status: number | null; digest: string; text: string } {
  const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as Action;
  for (const name of Object.keys(inputs)) assert.ok(name in action.inputs, name);
  const value = (text: string): string =>
    text.replace(
      /\$\{\{ inputs\.([\w-]+) \}\}/g,
      (_, name: string) => inputs[name] ?? action.inputs[name]?.default ?? '',
    );
  const output = join(place, 'output');
  writeFileSync(output, '');
  let text = '';
  for (const step of action.runs.steps) {
    const given = Object.fromEntries(Object.entries(step.env).map(([name, said]) => [name, value(said)]));
    assert.doesNotMatch(step.run, /\$\{\{/, 'an input that is put into a script could be a script');
    const env = { ...process.env, ...given, GITHUB_OUTPUT: output, RUNNER_TEMP: join(place, 'temp') };
    const words = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run];
    const answer = spawnSync('bash', words, { cwd: place, env, encoding: 'utf8' });
    text += answer.stdout + answer.stderr;
    if (answer.status !== 0) return { status: answer.status, digest: '', text };
  }
  assert.equal(action.outputs['digest']?.value, '${{ steps.commit.outputs.digest }}');
  return { status: 0, digest: /^digest=(.*)$/m.exec(readFileSync(output, 'utf8'))?.[1] ?? '', text };
}

test('the action commits, says the digest, and stops where the result differs from its reference', t => {
  const place = sample(t);
  run(root, 'npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', place);
  const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  const inputs = {
    package: join(place, `ocikit-${version}.tgz`),
    rootfs: 'rootfs',
    image: 'img:two',
    base: 'img:one',
    instructions: 'CMD ["sh", "-c", "echo $HOME"]\nENV A="x y"\n',
    created: '0',
  };
  chmodSync(join(place, 'rootfs/etc/motd'), 0o600);
  const made = runAction(place, inputs);
  assert.equal(made.status, 0, made.text);
  assert.equal(made.digest, ocikit(place, 'inspect', 'img:two', '--format', '{{.Descriptor.digest}}').trim());
  assert.match(ocikit(place, 'inspect', 'img:two', '--format', '{{json .Config}}'), /"A=x y".*"echo \$HOME"/);
  assert.equal(runAction(place, { ...inputs, image: 'img:three', reference: 'img:two' }).status, 0);
  const stopped = runAction(place, { ...inputs, image: 'img:four', reference: 'img:one' });
  assert.equal(stopped.status, 1, stopped.text);
  assert.match(stopped.text, /C \/etc\/motd +mode/);
  assert.match(
    readFileSync(join(root, 'action.yml'), 'utf8'),
    new RegExp(`default: ocikit@${version.replaceAll('.', '\\.')}\n`),
  );
});
