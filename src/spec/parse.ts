import { invalid, unsupported } from '../errors.ts';
import {
  type At,
  arrayOf,
  at,
  boolean,
  type Check,
  digest,
  type Fields,
  fieldOf,
  type JsonObject,
  listOf,
  mapOf,
  mediaType,
  objectAt,
  objectOrNull,
  shape,
  size,
  string,
  wholeNumber,
  wrong,
} from './fields.ts';
import { isIndexType, isManifestType, isSchema1Type } from './media-type.ts';
import {
  type Descriptor,
  type Healthcheck,
  type ImageConfig,
  type ImageIndex,
  type Json,
  type LayoutHeader,
  type Manifest,
  oddEntries,
} from './objects.ts';
import { splitEntries } from './odd-entries.ts';
import { isTime } from './time.ts';

/*
 * Checks of what ocikit relies on when it reads a document; the JSON schemas say more. The value itself comes back, so
 * that unknown fields survive.
 */

const platform = shape({
  required: { architecture: string, os: string },
  optional: { 'os.version': string, 'os.features': arrayOf(string), variant: string },
});

const descriptor = shape({
  required: { mediaType, digest, size },
  optional: { urls: arrayOf(string), annotations: mapOf(string), data: string, platform, artifactType: string },
});

const version = (value: Json, place: At): void => {
  if (value === 1)
    throw unsupported(
      place.subject,
      'schemaVersion 2',
      'schemaVersion 1 (a docker image manifest of the first schema)',
      { hint: 'convert the image first' },
    );
  if (value !== 2) throw wrong(place, 'schemaVersion 2', value);
};

const common: Fields['optional'] = {
  mediaType: string,
  artifactType: string,
  annotations: mapOf(string),
  subject: descriptor,
};

const manifest = shape({
  required: { schemaVersion: version, config: descriptor, layers: listOf(descriptor) },
  optional: common,
});
const index = shape({ required: { schemaVersion: version, manifests: listOf(() => undefined) }, optional: common });

const healthcheck = shape({
  optional: {
    Test: arrayOf(string),
    Interval: wholeNumber,
    Timeout: wholeNumber,
    StartPeriod: wholeNumber,
    StartInterval: wholeNumber,
    Retries: wholeNumber,
  },
});

const container = shape({
  optional: {
    User: string,
    ExposedPorts: mapOf(objectOrNull),
    Env: arrayOf(string),
    Entrypoint: arrayOf(string),
    Cmd: arrayOf(string),
    Volumes: mapOf(objectOrNull),
    WorkingDir: string,
    Labels: mapOf(string),
    StopSignal: string,
    ArgsEscaped: boolean,
    Healthcheck: healthcheck,
    OnBuild: arrayOf(string),
    Shell: arrayOf(string),
  },
});

const time: Check = (value, place) => {
  if (typeof value !== 'string' || !isTime(value)) throw wrong(place, 'a time as RFC 3339 has it', value);
};

/** What ocikit itself does not rely on, and engines do: they refuse an image of which one of these is of another type. */
const engineFields = shape({
  optional: {
    created: time,
    history: arrayOf(shape({ optional: { created: time } })),
    config: shape({
      optional: {
        ...Object.fromEntries(['Hostname', 'Domainname', 'Image', 'MacAddress'].map(name => [name, string])),
        ...Object.fromEntries(
          ['AttachStdin', 'AttachStdout', 'AttachStderr', 'Tty', 'OpenStdin', 'StdinOnce', 'NetworkDisabled'].map(
            name => [name, boolean],
          ),
        ),
        StopTimeout: wholeNumber,
      },
    }),
  },
});

const layersType = (value: Json, place: At): void => {
  if (value !== 'layers') throw wrong(place, "'layers'", value);
};

const config = shape({
  required: {
    architecture: string,
    os: string,
    rootfs: shape({ required: { type: layersType, diff_ids: listOf(digest) } }),
  },
  optional: {
    created: string,
    author: string,
    'os.version': string,
    'os.features': arrayOf(string),
    variant: string,
    config: container,
    history: arrayOf(
      shape({
        optional: { created: string, created_by: string, author: string, comment: string, empty_layer: boolean },
      }),
    ),
  },
});

/** Null where Go writes an empty list is an empty list. */
function withList(json: Json, name: string): unknown {
  return fieldOf(json as JsonObject, name) === null ? { ...(json as JsonObject), [name]: [] } : json;
}

const top = (subject: string): At => ({ subject });

/** Refuses a document that another kind of reader would take for its own. */
function refuse(json: Json, subject: string, names: readonly string[]): void {
  const object = objectAt(json, top(subject));
  for (const name of names) {
    if (fieldOf(object, name) !== undefined)
      throw invalid(subject, `a document without '${name}'`, 'one of two kinds at once');
  }
}

function checkType(json: Json, subject: string, is: (type: string) => boolean): void {
  const type = fieldOf(objectAt(json, top(subject)), 'mediaType');
  if (typeof type !== 'string') return;
  if (isSchema1Type(type)) throw unsupported(subject, 'an image manifest of the second schema', type);
  if (!is(type)) throw wrong(at(top(subject), 'mediaType'), 'the media type of this kind of document', type);
}

/** image-spec manifest.md; docker's manifest v2, schema 2 as well. */
export function parseManifest(json: Json, subject: string): Manifest {
  refuse(json, subject, ['manifests', 'fsLayers']);
  checkType(json, subject, isManifestType);
  manifest(json, top(subject));
  return withList(json, 'layers') as Manifest;
}

/**
 * image-spec image-index.md; docker's manifest list as well. An entry that is no descriptor does no harm to the others: it
 * is set aside, with what is wrong with it.
 */
export function parseIndex(json: Json, subject: string): ImageIndex {
  refuse(json, subject, ['layers', 'config', 'fsLayers']);
  checkType(json, subject, isIndexType);
  index(json, top(subject));
  const value = withList(json, 'manifests') as ImageIndex;
  const list = at(top(subject), 'manifests');
  const { good, odd } = splitEntries(
    value.manifests as unknown as readonly Json[],
    (entry, position) => descriptor(entry, at(list, position)),
    subject,
  );
  return odd.length === 0
    ? value
    : { ...value, manifests: good as unknown as readonly Descriptor[], [oddEntries]: odd };
}

/** image-spec config.md. */
export function parseConfig(json: Json, subject: string): ImageConfig {
  config(json, top(subject));
  const value = json as unknown as ImageConfig;
  const rootfs = withList(value.rootfs as unknown as Json, 'diff_ids') as ImageConfig['rootfs'];
  return rootfs === value.rootfs ? value : { ...value, rootfs };
}

/** Holds a config to what engines read of it beside what ocikit does. Throws `invalid`. */
export function checkForEngines(config: ImageConfig, subject: string): void {
  engineFields(config as unknown as Json, top(subject));
}

/** Docker's healthcheck, as a config has it. */
export function parseHealth(json: Json, subject: string): Healthcheck {
  healthcheck(json, top(subject));
  return json as Healthcheck;
}

/** image-spec descriptor.md. */
export function parseDescriptor(json: Json, subject: string): Descriptor {
  descriptor(json, top(subject));
  return json as unknown as Descriptor;
}

/** image-spec image-layout.md, the `oci-layout` file. */
export function parseLayoutHeader(json: Json, subject: string): LayoutHeader {
  shape({ required: { imageLayoutVersion: string } })(json, top(subject));
  const header = json as unknown as LayoutHeader;
  if (!/^1\./.test(header.imageLayoutVersion))
    throw unsupported(subject, 'imageLayoutVersion 1.0.0', `'${header.imageLayoutVersion.slice(0, 32)}'`);
  return header;
}
