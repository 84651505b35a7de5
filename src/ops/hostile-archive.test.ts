import assert from 'node:assert/strict';
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import { fixture } from '../testing/fixtures.ts';
import type { HostileCase } from '../testing/hostile.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { copy } from './copy.ts';
import { images } from './images.ts';
import { inspect } from './inspect.ts';
import { load } from './load.ts';
import { unpack } from './unpack.ts';
import { validate } from './validate.ts';

const verbs: Readonly<Record<string, (archive: string, layout: string) => Promise<unknown>>> = {
  load: (archive, layout) => load(archive, layout),
  copy: (archive, layout) =>
    copy(archive, `${layout}:copied`, { hostPlatform: { os: 'linux', architecture: 'amd64' } }),
  inspect: archive => inspect([archive]),
  async validate(archive) {
    const errors = (await validate(archive)).findings.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new OciError('invalid', 'findings', JSON.stringify(errors));
  },
};

/** What a verb says, and that it leaves a valid layout or nothing. */
async function answerOf(
  t: TestContext,
  item: HostileCase,
  options: { verb: string; archive: string },
): Promise<string | undefined> {
  const place = temporaryDirectory(t);
  const layout = join(place, 'layout');
  const label = `${item.name} ${options.verb}`;
  try {
    await (verbs[options.verb] as (typeof verbs)[string])(options.archive, layout);
  } catch (error) {
    assert.ok(error instanceof OciError, `${label}: ${(error as Error).stack}`);
    assert.deepEqual(readdirSync(place), [], `${label}: something was left behind`);
    return error.message;
  }
  if (!existsSync(layout)) return undefined;
  assert.deepEqual(readdirSync(place), ['layout'], label);
  assert.deepEqual((await validate(layout)).findings, [], label);
  const [first] = await images([layout], { all: true });
  await unpack(`${layout}@${first?.digest}`, join(place, 'out'));
  for (const [check, path] of item.checks ?? [])
    if (check === 'rootfs-present') assert.ok(lstatSync(join(place, 'out', path as string)), label);
  return undefined;
}

function judge(item: HostileCase, label: string, message: string | undefined): void {
  for (const [check, text] of item.checks ?? [])
    if (check === 'output-does-not-contain') assert.ok(message?.includes(text as string) !== true, label);
  if (item.expected === 'accept') assert.equal(message, undefined, label);
  if (item.expected === 'reject') assert.notEqual(message, undefined, `${label}: accepted`);
  if (message === undefined || item.names === undefined) return;
  const isNamed = item.names.some(name => message.toLowerCase().includes(name.toLowerCase()));
  assert.ok(isNamed, `${label}: '${message}' names none of ${item.names.join(', ')}`);
}

test('hostile archives are read or refused by name, and leave a valid layout or nothing', async t => {
  const table = fixture(t, 'hostile/manifest.json');
  if (table === undefined) return;
  const { cases } = JSON.parse(readFileSync(table, 'utf8')) as { cases: readonly HostileCase[] };
  const archives = cases.filter(({ kind }) => kind === 'docker-archive' || kind === 'oci-archive');
  assert.ok(archives.length >= 28);
  const failures: string[] = [];
  for (const item of archives) {
    const archive = join(temporaryDirectory(t), 'image.tar');
    cpSync(fixture(t, `hostile/${item.path}`) as string, archive);
    for (const verb of item.classes.filter(name => Object.hasOwn(verbs, name))) {
      const label = `${item.name} ${verb}`;
      try {
        judge(item, label, await answerOf(t, item, { verb, archive }));
      } catch (error) {
        failures.push(`${label}: ${(error as Error).message}`);
      }
    }
  }
  assert.deepEqual(failures, []);
});
