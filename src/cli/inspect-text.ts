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
};
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
/** Fields whose Go names differ from their JSON names. */
const goNames: Readonly<Record<string, string>> = { ID: 'Id', OS: 'Os', VirtualSize: 'Size' };
const maps = ['Labels', 'ExposedPorts', 'Volumes'];

/** Looks up what an image's object leaves out: typed fields have a default, maps have no value, all else does not exist. */
function absentIn(image: object): (of: Mapping, name: string) => { readonly value: unknown } | undefined {
  const config = isMapping(image) ? image['Config'] : undefined;
  const open = isMapping(config) ? [nilMap, ...maps.map(name => config[name])] : [nilMap];
  return (of, name) => {
    if (open.includes(of)) return { value: undefined };
    const alias = of === image && Object.hasOwn(goNames, name) ? goNames[name] : undefined;
    if (alias !== undefined) return { value: of[alias] };
    const defaults = of === image ? imageDefaults : of === config ? configDefaults : {};
    return Object.hasOwn(defaults, name) ? { value: defaults[name] } : undefined;
  };
}

/** The text of `inspect`: an array indented by four, `json` on one line, or a template an image. */
export async function inspectText(objects: readonly object[], format: string | undefined): Promise<string> {
  if (format === undefined) return `${jsonText(objects, 4)}\n`;
  if (format === 'json') return `${jsonText(objects)}\n`;
  const { parseTemplate, renderTemplate } = await import('./template/evaluate.ts');
  const template = parseTemplate(format);
  const lines = objects.map(object =>
    renderTemplate(template, object, { escape: escapeText, absent: absentIn(object), fields: inspectFields }),
  );
  return lines.length === 0 ? '\n' : lines.map(line => `${line}\n`).join('');
}
