import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import * as library from '../index.ts';
import type { Operands } from '../testing/prepared-place.ts';
import { snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { verbUses } from '../testing/verbs.ts';
import { optionTables, type Verb } from './calls.ts';

/** A layout of several images, one of them of two platforms, archives, and what is no image. */
async function prepared(t: TestContext): Promise<string> {
  const place = temporaryDirectory(t);
  const at = (name: string): string => join(place, name);
  mkdirSync(at('rootfs'));
  writeFileSync(at('rootfs/file'), 'hello\n');
  for (const architecture of ['amd64', 'arm64'])
    await library.commit(at('rootfs'), at(`img:${architecture}`), { platform: `linux/${architecture}` });
  await library.createIndex(at('img:multi'), [at('img:amd64'), at('img:arm64')]);
  await library.save([at('img:multi'), at('img:arm64')], at('saved.tar'));
  await library.init(at('empty'));
  return place;
}

/** What an error says of options, each with the function whose it is: `option NAME`, `VERB with option NAME`, and the one that is wrong. */
function namesIn({ message, hint, option }: OciError, verb: Verb): readonly (readonly [verb: Verb, name: string])[] {
  const said = [...`${message} ${hint ?? ''}`.matchAll(/(?:\b(\w+) with )?\boption (\w+)/g)];
  const named = said.map(
    ([, of, name]) => [(of !== undefined && of in optionTables ? of : verb) as Verb, name as string] as const,
  );
  return option === undefined ? named : [...named, [verb, option]];
}

test('what an error says of options is of options that the function has that was called', async t => {
  const place = await prepared(t);
  const sources = [
    'img',
    'img:multi',
    'img:none',
    'img@0',
    'saved.tar',
    'saved.tar:none',
    'empty',
    'rootfs',
    'rootfs/file',
    'none',
  ];
  const foreign = { os: 'linux', architecture: 's390x' };
  const before = snapshotOf(place);
  const wrong = new Set<string>();
  let named = 0;
  const withoutBase = {
    verb: 'checkBase',
    call: ({ source }: Operands, options = {}) => library.checkBase(source, undefined, options),
  };
  for (const { verb, call } of [...verbUses, withoutBase]) {
    const table = optionTables[verb as Verb];
    const others = [
      'hostPlatform' in table ? { hostPlatform: foreign } : {},
      'platform' in table ? { platform: 'linux/s390x' } : {},
    ];
    for (const source of sources.map(name => join(place, name)))
      for (const base of [source, join(place, 'img:amd64'), join(place, 'img:multi')])
        for (const other of ['platforms' in table ? { platforms: ['linux/s390x'] } : {}, ...others]) {
          const operands = { source, base, out: join(place, 'rootfs/file/out') };
          const error = await call(operands, {
            ...other,
            ...('dryRun' in table ? { dryRun: true } : {}),
          }).catch((thrown: unknown) => thrown);
          if (!(error instanceof OciError)) continue;
          for (const [of, name] of namesIn(error, verb as Verb)) {
            if (!Object.hasOwn(optionTables[of], name))
              wrong.add(`${verb}: option ${name}: ${error.message.replaceAll(place, '')} (${error.hint})`);
            named++;
          }
        }
  }
  assert.deepEqual([...wrong], []);
  assert.ok(named > 100, `${named} options are named`);
  assert.deepEqual(snapshotOf(place), before);
});
