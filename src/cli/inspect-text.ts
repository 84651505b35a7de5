import { escapeText } from './escape.ts';
import { jsonText } from './json-text.ts';
import { isMapping, type Mapping, nilList, nilMap } from './template/print.ts';

/** What docker's types have where the object leaves a field out, as Go's omitempty does. */
const imageDefaults: Mapping = {
  Parent: '',
  Comment: '',
  Created: '',
  Container: '',
  DockerVersion: '',
  Author: '',
  Variant: '',
  OsVersion: '',
  VirtualSize: 0,
  GraphDriver: { Name: '', Data: nilMap },
  Metadata: { LastTagTime: '0001-01-01T00:00:00Z' },
};
const configDefaults: Mapping = {
  User: '',
  ExposedPorts: nilMap,
  Env: nilList,
  Cmd: nilList,
  Entrypoint: nilList,
  Volumes: nilMap,
  WorkingDir: '',
  Labels: nilMap,
  StopSignal: '',
  ArgsEscaped: false,
  Healthcheck: null,
  OnBuild: nilList,
  Shell: nilList,
  Hostname: '',
  Domainname: '',
  Image: '',
  MacAddress: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  NetworkDisabled: false,
  StopTimeout: null,
};
const descriptorDefaults: Mapping = {
  urls: nilList,
  annotations: nilMap,
  data: nilList,
  platform: null,
  artifactType: '',
};
const platformDefaults: Mapping = { 'os.version': '', 'os.features': nilList, variant: '' };
/** The fields that a template may begin with. */
export const inspectFields: readonly string[] = [
  'Id',
  'RepoTags',
  'RepoDigests',
  ...Object.keys(imageDefaults),
  'Config',
  'Architecture',
  'Os',
  'Size',
  'RootFS',
  'Descriptor',
];
type Names = Readonly<Record<string, string>>;
/** Fields whose Go names differ from their JSON names. */
const goNames: Names = { ID: 'Id', OS: 'Os', VirtualSize: 'Size' };
const descriptorNames: Names = {
  MediaType: 'mediaType',
  Digest: 'digest',
  Size: 'size',
  URLs: 'urls',
  Annotations: 'annotations',
  Data: 'data',
  Platform: 'platform',
  ArtifactType: 'artifactType',
};
const platformNames: Names = {
  Architecture: 'architecture',
  OS: 'os',
  OSVersion: 'os.version',
  OSFeatures: 'os.features',
  Variant: 'variant',
};
const maps = ['Labels', 'ExposedPorts', 'Volumes'];

/** What docker's type of an object has: its Go names where JSON has others, and what a field is that is left out. */
interface GoType {
  readonly of: unknown;
  readonly names: Names;
  readonly defaults: Mapping;
}

const untyped: GoType = { of: undefined, names: {}, defaults: {} };

const partOf = (of: unknown, name: string): unknown => (isMapping(of) ? of[name] : undefined);

function typesOf(image: object): readonly GoType[] {
  const descriptor = partOf(image, 'Descriptor');
  return [
    { of: image, names: goNames, defaults: imageDefaults },
    { of: partOf(image, 'Config'), names: {}, defaults: configDefaults },
    { of: descriptor, names: descriptorNames, defaults: descriptorDefaults },
    { of: partOf(descriptor, 'platform'), names: platformNames, defaults: platformDefaults },
  ];
}

/** Looks up what an image's object leaves out: typed fields have a default, maps have no value, all else does not exist. */
function absentIn(image: object): (of: Mapping, name: string) => { readonly value: unknown } | undefined {
  const types = typesOf(image);
  const config = partOf(image, 'Config');
  const open = [nilMap, ...maps.map(name => partOf(config, name)), partOf(partOf(image, 'Descriptor'), 'annotations')];
  return (of, name) => {
    if (open.includes(of)) return { value: undefined };
    const { names, defaults } = types.find(type => type.of === of) ?? untyped;
    const field = (Object.hasOwn(names, name) ? names[name] : undefined) ?? name;
    if (Object.hasOwn(of, field)) return { value: of[field] };
    return Object.hasOwn(defaults, field) ? { value: defaults[field] } : undefined;
  };
}

/** The fields that an object may have, as a template names them. */
function fieldsIn(image: object): (of: Mapping) => readonly string[] | undefined {
  const types = typesOf(image).slice(1);
  return of => {
    if (of === image) return inspectFields;
    const type = types.find(one => one.of === of);
    if (type === undefined) return undefined;
    const named = Object.keys(type.names);
    return named.length > 0 ? named : [...new Set([...Object.keys(of), ...Object.keys(type.defaults)])];
  };
}

/** The text of `inspect`: an array indented by four, `json` on one line, or a template an image. */
export async function inspectText(objects: readonly object[], format: string | undefined): Promise<string> {
  if (format === undefined) return `${jsonText(objects, 4)}\n`;
  if (format === 'json') return `${jsonText(objects)}\n`;
  const { parseTemplate, renderTemplate } = await import('./template/evaluate.ts');
  const template = parseTemplate(format);
  const lines = objects.map(object =>
    renderTemplate(template, object, { escape: escapeText, absent: absentIn(object), fields: fieldsIn(object) }),
  );
  return lines.length === 0 ? '\n' : lines.map(line => `${line}\n`).join('');
}
