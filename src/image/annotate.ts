import { badOption } from '../errors.ts';
import { parseAnnotation } from '../spec/annotations.ts';
import type { Annotations, Descriptor, ImageIndex, Manifest } from '../spec/objects.ts';

/** What is to become of the annotations of one object. */
interface AnnotationEdit {
  /** Keys that go; all where it says so. */
  readonly unset: ReadonlySet<string> | 'all';
  readonly set: Annotations;
}

function annotated<T extends { readonly annotations?: Annotations }>(object: T, { unset, set }: AnnotationEdit): T {
  const before = Object.entries(object.annotations ?? {});
  const kept = before.filter(([key]) => unset !== 'all' && !unset.has(key));
  const after = Object.fromEntries([...kept, ...Object.entries(set)]);
  if (Object.keys(after).length > 0) return { ...object, annotations: after };
  if (before.length === 0) return object;
  const { annotations: _, ...bare } = object;
  return bare as T;
}

/** Annotations of an image's manifest, of its layers and of the index above it, as options say them. */
interface AnnotationWords {
  /** `annotation[:KEY]`, `layer-annotation:N[:KEY]` or `index-annotation[:KEY]`; layers are numbered from 1, the lowest. */
  readonly unset?: readonly string[] | undefined;
  /** `N:KEY=VALUE`. */
  readonly layers?: readonly string[] | undefined;
  /** `KEY=VALUE`. */
  readonly index?: readonly string[] | undefined;
}

const annotationWords: readonly string[] = ['annotation', 'layer-annotation', 'index-annotation'];

/** Whether a word of `unset` is about annotations. */
export const isAnnotationWord = (word: string): boolean => annotationWords.includes(word.split(':', 1)[0] as string);

/** What goes of the annotations that `kind` names. */
function unsetOf(words: readonly string[] | undefined, kind: string): AnnotationEdit['unset'] {
  const said = (words ?? []).filter(word => word === kind || word.startsWith(`${kind}:`));
  if (said.includes(`${kind}:`)) throw badOption('unset', `expected ${kind} or ${kind}:NAME, got '${kind}:'`);
  return said.includes(kind) ? 'all' : new Set(said.map(word => word.slice(kind.length + 1)));
}

/** `N:` and what is said of that layer. Throws `usage`. */
function ofLayer(option: string, text: string): readonly [number, string] {
  const [, number, rest] = /^(\d{1,4})(?::([\s\S]*))?$/.exec(text) ?? [];
  if (number === undefined || Number(number) === 0)
    throw badOption(option, `expected the number of a layer, 1 the lowest, and ':', got '${text.slice(0, 64)}'`);
  return [Number(number), rest ?? ''];
}

function editLayers(layers: readonly Descriptor[], words: AnnotationWords): readonly Descriptor[] {
  const layerWord = 'layer-annotation:';
  const unset = (words.unset ?? [])
    .filter(word => word.split(':', 1)[0] === 'layer-annotation')
    .map(word => {
      const [number, key] = ofLayer('unset', word.slice(layerWord.length));
      if (key === '' && word.endsWith(':'))
        throw badOption('unset', `expected ${word.slice(0, -1)} or ${word}NAME, got '${word.slice(0, 64)}'`);
      return [number, key] as const;
    });
  const set = (words.layers ?? []).map(word => {
    const [number, pair] = ofLayer('layerAnnotations', word);
    return [number, parseAnnotation(pair)] as const;
  });
  const beyond = [...unset, ...set].find(([number]) => number > layers.length);
  if (beyond !== undefined)
    throw badOption('layerAnnotations', `expected one of ${layers.length} layers, got layer ${beyond[0]}`);
  return layers.map((layer, place) => {
    const keys = unset.flatMap(([number, key]) => (number === place + 1 ? [key] : []));
    const pairs = set.flatMap(([number, pair]) => (number === place + 1 ? [pair] : []));
    return annotated(layer, { unset: keys.includes('') ? 'all' : new Set(keys), set: Object.fromEntries(pairs) });
  });
}

/** A manifest with annotations, and those of its layers, unset and then set. Throws `usage` for a layer that there is not. */
export function annotateManifest(manifest: Manifest, words: AnnotationWords): Manifest {
  const layers = editLayers(manifest.layers, words);
  return annotated({ ...manifest, layers }, { unset: unsetOf(words.unset, 'annotation'), set: {} });
}

/** An index with its own annotations unset and then set. */
export function annotateIndex(index: ImageIndex, words: AnnotationWords): ImageIndex {
  const set = Object.fromEntries((words.index ?? []).map(parseAnnotation));
  return annotated(index, { unset: unsetOf(words.unset, 'index-annotation'), set });
}
