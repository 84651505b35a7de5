import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isValid } from '../testing/answers.ts';
import { layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { directory, symlink, textFile } from '../testing/scripts.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { LayerEntry, Node, Path } from '../tree/node.ts';
import { append } from './append.ts';
import { diff } from './diff.ts';
import type { AppendStep } from './options.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };

/** A root filesystem in a word a path, known without ocikit's trees: what is in a file, `/` for a directory, `-> d` for a symbolic link to it. */
type Model = ReadonlyMap<Path, string>;

const parentsOf = (path: Path): readonly Path[] => {
  const names = path.split('/').slice(0, -1);
  return names.map((_, at) => names.slice(0, at + 1).join('/'));
};

/** A path with the one symbolic link that there may be followed. */
const led = (model: Model, path: Path): Path =>
  model.get('link') === '-> d' ? path.replace(/^link(?=\/|$)/, 'd') : path;

function withFile(model: Model, path: Path, text: string): Model {
  const place = led(model, path);
  const made = parentsOf(place).filter(parent => !model.has(parent));
  return new Map([...model, ...made.map(parent => [parent, '/'] as const), [place, text]]);
}

const without = (model: Model, path: Path): Model =>
  new Map([...model].filter(([at]) => at !== path && !at.startsWith(`${path}/`)));

const nodeOf = (word: string): Node => (word === '/' ? directory() : word === '-> d' ? symlink('d') : textFile(word));
const tarOf = (model: Model): Uint8Array =>
  layerTar(
    [...model].sort().map(([path, word]): LayerEntry => ({ kind: 'node', path, node: nodeOf(word) })),
    ({ content }) => Buffer.from(content.source.slice('text '.length)),
  );

/** What differs, as `diff` lists it: all that came, of what went the uppermost. */
function expectedChanges(before: Model, after: Model): readonly string[] {
  const rows = [...new Set([...before.keys(), ...after.keys()])].flatMap(path => {
    const [was, is] = [before.get(path), after.get(path)];
    if (was === is) return [];
    if (was !== undefined && is !== undefined) return [`C /${path}`];
    if (is !== undefined) return [`A /${path}`];
    const isBelow = parentsOf(path).some(parent => before.has(parent) && after.get(parent) !== '/');
    return isBelow ? [] : [`D /${path}`];
  });
  return rows.sort();
}

// What is called so is always a file, or always a directory: what cp would refuse is tested beside append.
const files = fc.constantFrom('a', 'b', 'd/a', 'd/b', 'd/e/a', 'g/a');
const texts = fc.constantFrom('one', 'two', 'longer');
const arbitraryFiles = fc.array(fc.tuple(files, texts), { maxLength: 5 });
const arbitraryBase = fc.record({ layers: fc.array(arbitraryFiles, { maxLength: 3 }), isLinked: fc.boolean() });
const arbitraryStep = fc.oneof(
  fc.record({
    kind: fc.constant('file' as const),
    name: fc.constantFrom('a', 'b'),
    text: texts,
    into: fc.constantFrom('', 'd/', 'd/e/', 'link/', 'h/i/'),
  }),
  fc.record({
    kind: fc.constant('tree' as const),
    files: arbitraryFiles,
    into: fc.constantFrom('', 'link/', 'h/'),
  }),
  fc.record({ kind: fc.constant('delete' as const), number: fc.nat(20), isLinked: fc.boolean() }),
);

function baseOf({ layers, isLinked }: { layers: readonly (readonly [Path, string][])[]; isLinked: boolean }) {
  const models = layers.map(layer =>
    layer.reduce<Model>((model, [path, text]) => withFile(model, path, text), new Map()),
  );
  const link: Model = new Map(isLinked ? [['link', '-> d']] : []);
  return [link, ...models];
}

/** Where what is brought lies, each in a place of its own, with the same times and modes as in the image. */
class Brought {
  readonly #directory: string;
  #count = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  place(files: Iterable<readonly [Path, string]>): string {
    const place = join(this.#directory, `${this.#count++}`);
    mkdirSync(place);
    chmodSync(place, 0o755);
    for (const [path, text] of files) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text);
      chmodSync(join(place, path), 0o644);
      utimesSync(join(place, path), 0, 0);
      for (const parent of parentsOf(path)) chmodSync(join(place, parent), 0o755);
    }
    return place;
  }
}

interface Told {
  readonly model: Model;
  readonly steps: readonly AppendStep[];
}

function afterStep(
  { model, steps }: Told,
  step: typeof arbitraryStep extends fc.Arbitrary<infer T> ? T : never,
  brought: Brought,
): Told {
  if (step.kind === 'file') {
    const add = join(brought.place([[step.name, step.text]]), step.name);
    return {
      model: withFile(model, step.into + step.name, step.text),
      steps: [...steps, { add, to: `/${step.into}` }],
    };
  }
  if (step.kind === 'tree') {
    const put = (now: Model): Model =>
      step.files.reduce((all, [path, text]) => withFile(all, step.into + path, text), now);
    const add = `${brought.place(step.files)}/.`;
    const into = led(model, step.into.replace(/\/$/, ''));
    const made = into === '' || model.has(into) ? [] : [[into, '/'] as const];
    return { model: put(new Map([...model, ...made])), steps: [...steps, { add, to: `/${step.into}` }] };
  }
  const paths = [...model.keys()];
  const path = paths[step.number % paths.length];
  if (path === undefined) return { model, steps };
  const spelled = step.isLinked && model.get('link') === '-> d' ? path.replace(/^d\//, 'link/') : path;
  return { model: without(model, path), steps: [...steps, { delete: `/${spelled}` }] };
}

test('whatever is added and deleted, over whatever layers: diff shows that and nothing else, and the image has it', async t => {
  await fc.assert(
    fc.asyncProperty(arbitraryBase, fc.array(arbitraryStep, { minLength: 1, maxLength: 6 }), async (base, script) => {
      const place = temporaryDirectory(t);
      const layout = makeLayout(join(place, 'img'));
      const layers = baseOf(base);
      putName(layout, 'app', putImage(layout, { layers: layers.map(model => ({ tar: tarOf(model) })) }));
      const before: Model = new Map(layers.flatMap(model => [...model]));
      const brought = new Brought(place);
      const { model, steps } = script.reduce<Told>((told, step) => afterStep(told, step, brought), {
        model: before,
        steps: [],
      });
      if (steps.length === 0) return;
      const { isChanged, images } = await append(`${layout}:app`, steps, { hostPlatform, tag: 'new' });
      const { changes } = await diff(`${layout}:app`, `${layout}:new`, { hostPlatform });
      const rows = changes.filter(({ kind, reasons }) => kind !== 'C' || reasons.length > 0);
      const expected = expectedChanges(before, model);
      assert.deepEqual(rows.map(({ kind, path }) => `${kind} ${path}`).sort(), expected);
      assert.equal(isChanged, expected.length > 0);
      assert.ok((images[0]?.layers.length ?? 0) <= 1, 'one layer');
      putName(layout, 'whole', putImage(layout, { layers: [{ tar: tarOf(model) }] }));
      const [made, whole] = [await readWholeImage(`${layout}:new`), await readWholeImage(`${layout}:whole`)];
      assert.deepEqual(made.exact, whole.exact);
      await isValid(layout);
    }),
    { numRuns: 60 },
  );
});
