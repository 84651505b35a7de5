import { digestOf } from './digest.ts';
import { mediaTypes } from './media-type.ts';
import type { Document, ImageIndex } from './objects.ts';
import { withOddEntries } from './odd-entries.ts';

export { parseJson } from './json.ts';

/** Field orders as every Go tool writes them, so that our documents read like theirs (semantics of the spec's Go structs). */
const orders = {
  descriptor: ['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType'],
  platform: ['architecture', 'os', 'os.version', 'os.features', 'variant'],
  manifest: ['schemaVersion', 'mediaType', 'artifactType', 'config', 'layers', 'subject', 'annotations'],
  index: ['schemaVersion', 'mediaType', 'artifactType', 'manifests', 'subject', 'annotations'],
  config: [
    'created',
    'author',
    'architecture',
    'os',
    'os.version',
    'os.features',
    'variant',
    'config',
    'rootfs',
    'history',
  ],
  container: [
    'User',
    'ExposedPorts',
    'Env',
    'Entrypoint',
    'Cmd',
    'Volumes',
    'WorkingDir',
    'Labels',
    'StopSignal',
    'ArgsEscaped',
    'Healthcheck',
    'OnBuild',
    'Shell',
  ],
  history: ['created', 'created_by', 'author', 'comment', 'empty_layer'],
  rootfs: ['type', 'diff_ids'],
  map: [],
} as const;

type Shape = keyof typeof orders;

/** The shape of a field's value, or of its members where it is an array. */
const shapes: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['manifest.config', 'descriptor'],
  ['manifest.layers', 'descriptor'],
  ['manifest.subject', 'descriptor'],
  ['index.manifests', 'descriptor'],
  ['index.subject', 'descriptor'],
  ['descriptor.platform', 'platform'],
  ['descriptor.annotations', 'map'],
  ['manifest.annotations', 'map'],
  ['index.annotations', 'map'],
  ['config.config', 'container'],
  ['config.rootfs', 'rootfs'],
  ['config.history', 'history'],
  ['container.ExposedPorts', 'map'],
  ['container.Volumes', 'map'],
  ['container.Labels', 'map'],
]);

const byteOrder = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

function namesOf(value: object, shape: Shape): string[] {
  const present = Object.keys(value).filter(name => (value as Record<string, unknown>)[name] !== undefined);
  if (shape === 'map') return present.sort(byteOrder);
  const known: readonly string[] = orders[shape];
  return [...known.filter(name => present.includes(name)), ...present.filter(name => !known.includes(name))];
}

/** Text of its own and not a reordered object: an object would put names that are numbers (a port) first. */
function textOf(value: unknown, shape: Shape | undefined): string {
  if (shape === undefined || value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(item => textOf(item, shape)).join(',')}]`;
  const fields = namesOf(value, shape).map(name => {
    const field = (value as Record<string, unknown>)[name];
    return `${JSON.stringify(name)}:${textOf(field, shapes.get(`${shape}.${name}`))}`;
  });
  return `{${fields.join(',')}}`;
}

function shapeOf(mediaType: string): Shape | undefined {
  if (mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex) return 'index';
  if (mediaType === mediaTypes.manifest || mediaType === mediaTypes.dockerManifest) return 'manifest';
  return mediaType === mediaTypes.config || mediaType === mediaTypes.dockerConfig ? 'config' : undefined;
}

/** The bytes that a JSON object is written as: fields in the order of the spec's Go types, unknown ones after them, maps sorted, compact. */
export function encodeDocument<T>(value: T, mediaType: string): Document<T> {
  const shape = shapeOf(mediaType);
  const written = shape === 'index' ? withOddEntries(value as ImageIndex) : value;
  const bytes = new TextEncoder().encode(textOf(written, shape));
  return { value, bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

/** A document with another value; the very same one, bytes and all, where the value says what it said before. */
export function editedDocument<T extends object>(
  document: Document<T>,
  value: T,
  mediaType: string = document.descriptor.mediaType,
): Document<T> {
  const before = encodeDocument(document.value, document.descriptor.mediaType);
  const after = encodeDocument(value, mediaType);
  const isSame = mediaType === document.descriptor.mediaType && Buffer.compare(before.bytes, after.bytes) === 0;
  return isSame ? document : after;
}

/** A JSON value as compact text: for runtime configs and side files. */
export function encodeJson(value: unknown, indent = 0): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, indent)}\n`);
}

/** A JSON value as text that others put into a document of theirs, on one line or indented. */
export function jsonText(value: unknown, indent?: string): string {
  return JSON.stringify(value, undefined, indent);
}
