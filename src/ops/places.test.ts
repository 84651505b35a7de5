import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { isValid, isWhole } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { layerTar } from '../testing/layout-files.ts';
import { type OperandKind, preparePlace } from '../testing/prepared-place.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { arbitraryEntries, hasHidingDevice, leniently } from '../testing/trees.ts';
import type { VerbUse } from '../testing/verb-use.ts';
import { verbUses } from '../testing/verbs.ts';
import { isRoot } from '../testing/witness.ts';
import { applyLayer } from '../tree/apply.ts';
import { emptyTree, type LayerEntry, type Tree } from '../tree/node.ts';

/** Directories that have hurt somebody, one in another. */
const names: readonly string[] = [
  'a b',
  '-dash',
  "quo'te",
  '$(touch x)',
  'new\nline',
  'käse',
  '#1',
  'a@b',
  '[x]*',
  '~',
];

test('every verb does its work below directories of every name', async t => {
  const directory = join(temporaryDirectory(t), ...names);
  mkdirSync(directory, { recursive: true });
  const place = await preparePlace(directory);
  for (const [at, { use, takes, words }] of verbUses.entries()) {
    for (const kind of takes) {
      const { status, err } = await runCommand(words(place.operands(kind, join(directory, `out ${at} ${kind}`))));
      assert.equal(status, 0, `${use}, ${kind}: ${err}`);
    }
  }
  await isValid(place.layout);
});

/** Does work while nobody can write to a directory. Root is held by nothing less than a mount. */
async function whileReadOnly(directory: string, work: () => Promise<void>): Promise<void> {
  execFileSync('mount', ['--bind', directory, directory]);
  try {
    execFileSync('mount', ['-o', 'remount,bind,ro', directory]);
    await work();
  } finally {
    execFileSync('umount', ['-l', directory]);
  }
}

test('every verb reads places that nobody can write to', async t => {
  if (!isRoot(t)) return;
  const place = await preparePlace(temporaryDirectory(t));
  const elsewhere = temporaryDirectory(t);
  await whileReadOnly(place.directory, async () => {
    for (const [at, { use, takes, writes, call }] of verbUses.entries()) {
      for (const kind of writes === 'source' ? [] : takes) {
        const answer = call(place.operands(kind, join(elsewhere, `out-${at}-${kind}`)));
        await assert.doesNotReject(answer, `${use}, ${kind}`);
      }
    }
  });
});

test('no verb writes to a place that nobody can write to: one clear error, and nothing beside it', async t => {
  if (!isRoot(t)) return;
  const place = await preparePlace(temporaryDirectory(t));
  const before = snapshotOf(place.directory);
  await whileReadOnly(place.directory, async () => {
    for (const { use, takes, call } of verbUses.filter(({ writes }) => !['nothing', 'stream'].includes(writes))) {
      for (const kind of takes) {
        const refused = (error: unknown): boolean => error instanceof OciError || assert.fail(`${use}: ${error}`);
        await assert.rejects(call(place.operands(kind)), refused, `${use}, ${kind}`);
      }
    }
  });
  isSame(snapshotOf(place.directory), before, 'the place');
});

/** A hardlink to a file that only a lower layer has is read, and not written. */
const isWritten = (entries: readonly LayerEntry[]): boolean => {
  const files = new Set<string>();
  return entries.every(entry => {
    if (entry.kind === 'node' && entry.node.kind === 'file') files.add(entry.path);
    return entry.kind !== 'hardlink' || files.has(entry.target);
  });
};

/** Layers as a stranger may have made them, one over another; what no reader takes is left out. */
const arbitraryStack: fc.Arbitrary<readonly (readonly LayerEntry[])[]> = fc
  .array(arbitraryEntries, { minLength: 1, maxLength: 4 })
  .map(layers => {
    let tree = emptyTree();
    return layers.map(entries => {
      const taken = leniently(tree, entries);
      tree = applyLayer(tree, taken);
      return taken;
    });
  })
  .filter(layers => layers.every(isWritten));

/** Only root makes, and reads, files of every owner and mode. */
const isEverybodys = (kind: OperandKind): boolean => process.getuid?.() === 0 || !['rootfs', 'bundle'].includes(kind);

/** A refusal that a random image may rightly meet: nothing is left of the result then. */
interface Refusal {
  readonly message: RegExp;
  readonly code: OciError['code'];
  /** Whether it has to come; of the others only some work is refused. */
  readonly isSure: boolean;
}

/** A table of contents in JSON does not hold names that are no UTF-8, nor one name twice. */
const unsayable: readonly Refusal[] = [
  { message: /expected names in UTF-8, all that a table of contents can hold/, code: 'unsupported', isSure: false },
  { message: /expected each name once/, code: 'invalid', isSure: false },
];

/** A root filesystem with what overlayfs has in the place of what a layer hides is taken for an upper directory, and not for a whole one. */
const notWhole: readonly Refusal[] = [
  {
    message:
      /expected a whole root filesystem, got an upper directory of overlayfs, where '.*' is hidden by a device 0:0/,
    code: 'unsupported',
    isSure: true,
  },
];

const treeOf = (stack: readonly (readonly LayerEntry[])[]): Tree =>
  stack.reduce<Tree>((tree, entries) => applyLayer(tree, entries), emptyTree());

function refusalsOf({ verb, use }: VerbUse, stack: readonly (readonly LayerEntry[])[]): readonly Refusal[] {
  if (verb === 'convert') return unsayable;
  return use === 'commit over another root filesystem' && hasHidingDevice(treeOf(stack)) ? notWhole : [];
}

/** Whether work is done; else it is refused for one of these reasons and leaves nothing at `out`. */
async function isDone(
  work: Promise<unknown>,
  { refusals, what, out }: { readonly refusals: readonly Refusal[]; readonly what: string; readonly out: string },
): Promise<boolean> {
  try {
    await work;
  } catch (error) {
    const isKnown = ({ message, code }: Refusal): boolean =>
      error instanceof OciError && error.code === code && message.test(error.message);
    assert.ok(refusals.some(isKnown), `${what}: ${error}`);
    assert.ok(!existsSync(out), `${what}: ${out} is there`);
    return false;
  }
  assert.ok(!refusals.some(({ isSure }) => isSure), `${what}: is not refused`);
  return true;
}

test('every verb does its work with images of random layers, and what it makes validates', async t => {
  const oneRun = async (stack: readonly (readonly LayerEntry[])[], turn: number): Promise<void> => {
    const place = await preparePlace(temporaryDirectory(t), { tars: stack.map(entries => layerTar(entries)) });
    for (const [at, row] of verbUses.entries()) {
      const { use, takes, verb, writes, call } = row;
      const kinds = takes.filter(isEverybodys);
      const kind = kinds[turn % kinds.length];
      if (kind === undefined) continue;
      const out = join(place.directory, `out-${at}`);
      const work = call(place.operands(kind, out));
      if (!(await isDone(work, { refusals: refusalsOf(row, stack), what: `${use}, ${kind}`, out }))) continue;
      if (writes === 'layout' || (writes === 'file' && !['exportImage', 'commitLayer', 'report'].includes(verb)))
        await isWhole(out);
    }
    await isWhole(place.layout);
  };
  await fc.assert(fc.asyncProperty(arbitraryStack, fc.nat(6), oneRun), {
    numRuns: 6,
    endOnFailure: true,
    includeErrorInReport: true,
  });
});
